/** Loaded before a test: its `import 'ts-mw'` means the sources of its lane, and not their bundle, which has no mutant. */
import { register } from 'node:module';

const hook = `export function resolve(specifier, context, next) {
  return specifier === 'ts-mw' ? { url: ${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)}, shortCircuit: true } : next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
