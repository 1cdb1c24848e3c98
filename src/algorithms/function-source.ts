/**
 * The source of a function, checked: that it is one expression which a receiver can compile, and uses nothing of the
 * place where it was written but variables, which captures may give it.
 */
import { UsageError } from '../errors.js';
import { cureFor } from './compiled-names.js';
import { type FreeName, freeNamesOf } from './free-names.js';
import { LINES_BEFORE, parseFunction, wrapped } from './parse-function.js';
import { isStackOverflow } from './stack-overflow.js';

export interface FunctionSource {
  readonly text: string;
  /** Names that it does not declare, globals among them. */
  readonly free: readonly FreeName[];
}

/** Sources that were checked last: a function that is written in a loop is marked again each time. */
const checked = new Map<string, FunctionSource>();
const MOST_CHECKED = 256;

/** Throws UsageError; `who` names the function in its message. */
export function sourceOf(fn: object, who: string): FunctionSource {
  const text = Function.prototype.toString.call(fn);
  const known = checked.get(text);
  if (known !== undefined) return known;
  const source = checkedSource(text, who);
  if (checked.size >= MOST_CHECKED) checked.clear();
  checked.set(text, source);
  return source;
}

/** Throws UsageError if the function uses a variable that is not among `names`. */
export function checkFree({ free }: FunctionSource, names: readonly string[], who: string): void {
  const missing = free.filter(({ name }) => !names.includes(name) && !isGlobal(name));
  if (missing.length > 0) throw new UsageError(describeMissing(missing, names, who));
}

function checkedSource(text: string, who: string): FunctionSource {
  if (/^class\b/.test(text)) throw new UsageError(`${who} is a class, and only functions are portable`);
  const names = namesIn(text, who);
  const word = names.find(({ kind }) => kind === 'word');
  if (word !== undefined) {
    throw new UsageError(`${who} ${place(word)}, ${WORDS[word.name] ?? OUTSIDE}`);
  }
  return { text, free: names };
}

function namesIn(text: string, who: string): readonly FreeName[] {
  try {
    const root = parseFunction(text);
    if (root?.type !== 'FunctionExpression' && root?.type !== 'ArrowFunctionExpression')
      throw uncompiled(who);
    const names = freeNamesOf(root).map((one) => ({ ...one, line: one.line - LINES_BEFORE }));
    // V8 has the last word; it compiles the source here, and does not run it
    if (names.every(({ kind }) => kind !== 'word')) new Function(wrapped(text));
    return names;
  } catch (error) {
    throw error instanceof UsageError ? error : unparsed(text, who, error);
  }
}

function uncompiled(who: string, cause?: unknown): UsageError {
  return new UsageError(
    `${who} cannot be compiled from its source, as that of methods, built-in and bound functions; ` +
      'write portable((x) => ...) or portable(function (x) { ... })',
    cause === undefined ? undefined : { cause },
  );
}

function unparsed(text: string, who: string, cause: unknown): UsageError {
  if (isStackOverflow(cause)) {
    return new UsageError(
      `${who} is nested too deep for its source to be read with the stack that is left here; split it into several ` +
        'functions, and give those as captures',
      { cause },
    );
  }
  if (/\{\s*\[native code\]\s*\}$/.test(text) || isMethod(text)) return uncompiled(who, cause);
  const { message, loc } = cause as Error & {
    readonly loc?: { readonly line: number; readonly column: number };
  };
  const where =
    loc === undefined ? '' : ` (line ${loc.line - LINES_BEFORE}, column ${loc.column + 1} of its source)`;
  const reason = message.replace(/ \(\d+:\d+\)$/, '');
  return new UsageError(
    `${who} cannot be compiled from its source, in strict mode and alone: ${reason}${where}`,
    {
      cause,
    },
  );
}

/** A method in shorthand, a getter or a setter. */
function isMethod(text: string): boolean {
  try {
    parseFunction(`{\n${text}\n}`);
    return true;
  } catch {
    try {
      parseFunction(`class {\n${text}\n}`);
      return true;
    } catch {
      return false;
    }
  }
}

const OUTSIDE =
  'which belongs to what is around it and does not travel; give it as an argument, or as a capture of another name';

const WORDS: Readonly<Record<string, string>> = {
  arguments: 'which an arrow function does not have; write (...args) => ...',
  eval: 'and the text could use any variable; (0, eval)(text) sees the globals alone',
  'import.meta': 'which belongs to its file; compute what it needs outside, and give it as a capture',
  this: 'which an arrow function does not have of its own; write function (x) { ... }, or capture it under another name',
};

/** Functions of CommonJS modules, which are globals of a REPL and of `node --eval`. */
const OF_MODULES: ReadonlySet<string> = new Set(['require', 'module', 'exports', '__filename', '__dirname']);

/** Compilers that keep names call it, and the receiver has it. */
const NAME_KEEPER = /^__name\d*$/;

/** Not what all objects inherit, such as `valueOf`: a variable of that name is meant. */
function isGlobal(name: string): boolean {
  return (Object.hasOwn(globalThis, name) && !OF_MODULES.has(name)) || NAME_KEEPER.test(name);
}

/** Names that a message lists. */
const MOST_LISTED = 5;

function describeMissing(missing: readonly FreeName[], names: readonly string[], who: string): string {
  const listed = missing.slice(0, MOST_LISTED);
  const more = missing.length - listed.length;
  const places = [...listed.map(place), ...(more > 0 ? [`${more} more`] : [])].join(' and ');
  const all = [...names, ...listed.map(({ name }) => name), ...(more > 0 ? ['…'] : [])].join(', ');
  const cure = listed.map(({ name }) => cureFor(name, names)).find((one) => one !== '');
  return (
    `${who} ${places}, which its receiver does not have: that sees the variables of the function, the globals of ` +
    `Node and the captures. Write portable(fn, { ${all} }), or pass what it needs as arguments${cure === undefined ? '' : `. ${cure}`}`
  );
}

function place({ kind, name, line, column }: FreeName): string {
  return `${kind === 'assigned' ? 'assigns to' : 'uses'} ${name} (line ${line}, column ${column} of its source)`;
}
