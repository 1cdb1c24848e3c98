/** Which strings are subjects: tokens joined by dots, `*` for one token, `>` for all that follow. */

/** What a SUB may name: no empty token, and `>` nowhere but at the end. */
export function isValidSubject(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => token !== '' && (token !== '>' || index === tokens.length - 1));
}

/** What a PUB should name: a valid subject without wildcards. */
export function isLiteralSubject(subject: string): boolean {
  return subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>');
}
