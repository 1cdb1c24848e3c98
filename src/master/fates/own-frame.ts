/** The first line of a stack that is the program's own, which says where an error came from. */

/** Characters of it, from the end: files have long paths. */
const MOST_CHARACTERS = 120;
const LINES_LOOKED_AT = 50;
/** Node's own code, packages, and this library's. */
const NOT_OWN =
  /\(node:|\bat node:|[\\/]node_modules[\\/]|[\\/]ts-mw[\\/]dist[\\/](src|lib)[\\/]|\(<anonymous>\)/;

/** Such as `work (jobs.js:12:9)`; undefined if there is none. */
export function ownFrame(stack: string | undefined): string | undefined {
  const lines = stack?.split('\n', LINES_LOOKED_AT) ?? [];
  const line = lines.find((one) => /^\s+at /.test(one) && !NOT_OWN.test(one));
  if (line === undefined) return undefined;
  const text = line.trim().slice('at '.length);
  // The file's name and its folder are enough to find it
  const short = text.replace(/(?:file:\/\/)?[^\s()]*[\\/]([^\s()\\/]+[\\/][^\s()\\/]+)/, '$1');
  return short.length > MOST_CHARACTERS ? `…${short.slice(-MOST_CHARACTERS)}` : short;
}
