/** Checks subjects: tokens joined by dots, `*` for one token, `>` for all following tokens. */

/** A valid subject of a SUB: no empty token, and `>` only at the end. */
export function isValidSubject(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => token !== '' && (token !== '>' || index === tokens.length - 1));
}

/** A valid subject of a PUB: without wildcards. */
export function isLiteralSubject(subject: string): boolean {
  return subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>');
}
