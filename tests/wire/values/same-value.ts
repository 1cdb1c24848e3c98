/** A strict comparison of two values: kinds, order of keys, NaN and -0, and which objects are the same. */
import { inspect } from 'node:util';
import { capturesOf, portableSource } from '../../../src/algorithms/portable.js';

export interface Comparison {
  /** Leave out an Error's class, stack and own fields: superjson alone does not keep them. */
  readonly bareErrors?: boolean;
}

/** Where and how `b` differs from `a`, or undefined if it does not. */
export function difference(a: unknown, b: unknown, comparison: Comparison = {}): string | undefined {
  const there = new Map<object, object>();
  const back = new Map<object, object>();

  return compare(a, b, 'value');

  function compare(a: unknown, b: unknown, path: string): string | undefined {
    if (!isObject(a) || !isObject(b) || typeof a !== typeof b) {
      return Object.is(a, b) ? undefined : `${path}: ${show(a)} became ${show(b)}`;
    }
    if (there.has(a) || back.has(b)) {
      return there.get(a) === b && back.get(b) === a ? undefined : `${path}: another object`;
    }
    there.set(a, b);
    back.set(b, a);
    return compareObjects(a, b, path);
  }

  function compareObjects(a: object, b: object, path: string): string | undefined {
    if (typeof a === 'function') return compareFunctions(a, b as typeof a, path);
    const bareError = comparison.bareErrors && a instanceof Error && b instanceof Error;
    if (!bareError && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: another class`;
    if (ArrayBuffer.isView(a) || a instanceof ArrayBuffer) return compareBytes(a, b as ArrayBuffer, path);
    if (a instanceof Date) return compare(a.getTime(), (b as Date).getTime(), `${path}.getTime()`);
    if (a instanceof RegExp) {
      const shown = (regexp: RegExp): string => `${regexp} at ${regexp.lastIndex}`;
      return compare(shown(a), shown(b as RegExp), `${path} as text`);
    }
    if (a instanceof URL) return compare(a.href, (b as URL).href, `${path}.href`);
    if (a instanceof Map)
      return compareLists([...a].flat(1), [...(b as typeof a)].flat(1), `${path} entries`);
    if (a instanceof Set) return compareLists([...a], [...(b as typeof a)], `${path} members`);
    if (a instanceof Error) return compareErrors(a, b as Error, path);
    if (Array.isArray(a) && a.length !== (b as unknown[]).length) return `${path}: another length`;
    return compareProperties(a, b, Object.keys(a), Object.keys(b), path);
  }

  function compareFunctions(a: CallableFunction, b: CallableFunction, path: string): string | undefined {
    const [source, other] = [portableSource(a), portableSource(b)];
    if (source === undefined || source !== other || a.name !== b.name) return `${path}: another function`;
    const [ofA, ofB] = [capturesOf(a) ?? {}, capturesOf(b) ?? {}];
    return compareProperties(ofA, ofB, Object.keys(ofA), Object.keys(ofB), `${path}[captures]`);
  }

  function compareErrors(a: Error, b: Error, path: string): string | undefined {
    const kept = ['name', 'message', ...(Object.hasOwn(a, 'cause') ? ['cause'] : [])];
    if (comparison.bareErrors) return compareProperties(a, b, kept, kept, path);
    if (Object.hasOwn(a, 'cause') !== Object.hasOwn(b, 'cause')) return `${path}: a cause came or went`;
    kept.push('stack', ...(a instanceof AggregateError ? ['errors'] : []));
    const fields = (error: Error): string[] => Object.keys(error).filter((key) => !kept.includes(key));
    return compareProperties(a, b, [...kept, ...fields(a)], [...kept, ...fields(b)], path);
  }

  function compareProperties(
    a: object,
    b: object,
    keysOfA: readonly string[],
    keysOfB: readonly string[],
    path: string,
  ): string | undefined {
    if (keysOfA.join('\n') !== keysOfB.join('\n'))
      return `${path}: keys ${show(keysOfA)} became ${show(keysOfB)}`;
    for (const key of keysOfA) {
      const found = compare(Reflect.get(a, key), Reflect.get(b, key), `${path}[${JSON.stringify(key)}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function compareLists(a: readonly unknown[], b: readonly unknown[], path: string): string | undefined {
    if (a.length !== b.length) return `${path}: ${a.length} became ${b.length}`;
    for (let i = 0; i < a.length; i++) {
      const found = compare(a[i], b[i], `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function compareBytes(
  a: ArrayBufferView | ArrayBuffer,
  b: ArrayBufferView | ArrayBuffer,
  path: string,
): string | undefined {
  return bytesOf(a).equals(bytesOf(b)) ? undefined : `${path}: other bytes`;
}

function bytesOf(value: ArrayBufferView | ArrayBuffer): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

function show(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity });
}
