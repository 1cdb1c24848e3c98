/** Checks subjects: tokens joined by dots, `*` for one token, `>` for all following tokens. */
import type { PublishedMessage } from './parsed-commands.js';

/** Any other text would end the line in which it is sent. Subjects are bytes, in latin1. */
export function isWord(text: string): boolean {
  return /^[\x21-\xff]+$/.test(text);
}

/** A valid subject of a SUB: no empty token, and `>` only at the end. */
export function isValidSubject(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => token !== '' && (token !== '>' || index === tokens.length - 1));
}

/** A valid subject of a PUB: without wildcards. */
export function isLiteralSubject(subject: string): boolean {
  return subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>');
}

/** Compares the bytes, without making a string of them. */
export function isSubjectOf({ bytes, subjectStart, subjectEnd }: PublishedMessage, subject: Buffer): boolean {
  if (subject.length !== subjectEnd - subjectStart) return false;
  // From the end: subjects of one application usually begin alike.
  for (let i = subject.length - 1; i >= 0; i--) if (subject[i] !== bytes[subjectStart + i]) return false;
  return true;
}
