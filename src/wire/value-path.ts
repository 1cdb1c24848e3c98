/** Where a walk stands inside a value, and how an error writes it: `[0].handlers.click`. */

/** An array's index, a property's key, or a Map's or Set's entry as it is written. */
export type Step = number | string | { readonly text: string };

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The path in the form of the expression that reads the place; empty for the value itself. */
export function formatPath(steps: readonly Step[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else if (typeof step === 'object') path += step.text;
    else if (IDENTIFIER.test(step)) path += path === '' ? step : `.${step}`;
    else path += `[${JSON.stringify(step)}]`;
  }
  return path;
}

/** The step to the value of a Map's `index`-th entry: by its key, where that can be written. */
export function mapValueStep(key: unknown, index: number): Step {
  if (typeof key === 'string') return { text: `.get(${JSON.stringify(key)})` };
  if (typeof key === 'number') return { text: `.get(${key})` };
  return { text: `.values()[${index}]` };
}
