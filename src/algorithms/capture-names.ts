/** The names that a function of captures gives, as far as its source shows them: it is called only at a submission. */
import type { Expression } from 'acorn';
import { parseFunction } from './parse-function.js';

/** Undefined if they are known only when it is called. */
export function namesInSource(captures: () => unknown): readonly string[] | undefined {
  let result: Expression | undefined;
  try {
    const root = parseFunction(Function.prototype.toString.call(captures));
    if (root?.type === 'ArrowFunctionExpression' && root.expression) result = root.body as Expression;
  } catch {
    return undefined;
  }
  if (result?.type !== 'ObjectExpression') return undefined;
  const names: string[] = [];
  for (const one of result.properties) {
    if (one.type !== 'Property' || one.computed) return undefined;
    if (one.key.type === 'Identifier') names.push(one.key.name);
    else if (one.key.type === 'Literal') names.push(String(one.key.value));
  }
  return names;
}
