/** Tells what a program itself writes on standard error from the library's notices there. */

const NOTICE = /^mw \d\d:\d\d:\d\d .*\n?/gm;

export function withoutNotices(stderr: string): string {
  return stderr.replaceAll(NOTICE, '');
}
