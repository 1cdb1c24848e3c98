/**
 * Files that an ES module requires by name with a `createRequire` of its own place. esbuild does not follow that, and where
 * the packed program runs there are no such files: each call becomes the call of a module that esbuild follows.
 */

const OF_ITSELF = String.raw`\bcreateRequire\(\s*import\.meta\.(?:url|filename)\s*\)`;
const NAMED = new RegExp(
  String.raw`\b(?:const|let|var)\s+([\w$]+)\s*=\s*(?:[\w$]+\.)?${OF_ITSELF}(?!\s*[.(])`,
  'g',
);
const LITERAL = String.raw`\(\s*(['"])([^'"\n]+)\1\s*\)`;
/** Before the place that a module imports for a call. */
export const REQUIRED = 'mw-required:';

/** The place of what the module requires; undefined if it is none of the program's files. */
type PlaceOf = (required: string) => Promise<string | undefined>;

/** The module's text with such calls replaced, and what it imports for them. */
export async function followRequired(
  text: string,
  placeOf: PlaceOf,
): Promise<{ readonly text: string; readonly imports: string }> {
  const calls = new Map<string, string>();
  let imports = '';
  let followed = text;
  for (const pattern of callsIn(text)) {
    for (const [call, , required = ''] of text.matchAll(pattern)) {
      const place = calls.has(call) ? undefined : await placeOf(required);
      if (place === undefined) continue;
      const name = `__mwRequired${calls.size}`;
      calls.set(call, `${name}()`);
      imports += `import ${name} from ${JSON.stringify(`${REQUIRED}${place}`)}; `;
    }
    followed = followed.replace(pattern, (call) => calls.get(call) ?? call);
  }
  return { text: followed, imports };
}

function callsIn(text: string): RegExp[] {
  const names = Array.from(text.matchAll(NAMED), ([, name = '']) => name.replaceAll('$', '\\$'));
  const functions = names.map((name) => String.raw`(?<![\w$.])${name}`);
  return [...functions, String.raw`(?:[\w$]+\.)?${OF_ITSELF}`].map(
    (called) => new RegExp(called + LITERAL, 'g'),
  );
}
