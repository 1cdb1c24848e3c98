/** Names that a program gives are shown in lines of the audit trail, in tables and at terminals: what no line can show is refused. */

/** Control characters, ends of lines and halves of characters, of which two may look like one. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/** The predicate of a sentence about the name; undefined if it can be shown. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === '') return 'is blank; give it one that can be read';
  const [unshowable] = UNSHOWABLE.exec(name) ?? [];
  if (unshowable === undefined) return undefined;
  const code = (unshowable.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
  return `has the character U+${code}, which no line can show; leave it out`;
}
