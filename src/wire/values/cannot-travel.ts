/** The values that cannot travel between processes, and what to write instead. */
import { types } from 'node:util';

const BY_TAG: Readonly<Record<string, string>> = {
  AbortSignal:
    'is an AbortSignal; in a task, use taskContext().signal, and cancel with master.cancel(taskId)',
  Promise: 'is a Promise, which lives in this process only; await it first',
  SharedArrayBuffer: 'is a SharedArrayBuffer, which lives in this process only; send a copy of its bytes',
  WeakMap: 'is a WeakMap, whose entries cannot be listed; send a Map',
  WeakRef: 'is a WeakRef; send the value of deref()',
  WeakSet: 'is a WeakSet, whose entries cannot be listed; send a Set',
};

/** Undefined in a Node that has none. */
const DISPOSALS: ReadonlySet<symbol | undefined> = new Set([Symbol.dispose, Symbol.asyncDispose]);

/** The reason why a function or a symbol cannot travel. */
export function refusePrimitive(value: unknown): string {
  if (typeof value === 'function') {
    const name = value.name === '' ? 'a function' : `the function ${value.name}`;
    return `is ${name}, and functions do not travel; define it on both sides and send data, or mark it with portable(fn)`;
  }
  return `is ${String(value)}, and symbols do not travel; send a string`;
}

/** The reason why an object with a property named by a symbol cannot travel. */
export function refuseSymbol(symbol: symbol): string {
  if (DISPOSALS.has(symbol)) {
    return 'is an object that is disposed of, such as an actor, and lives in this process only; send data';
  }
  return `has a property named ${String(symbol)}, and symbols do not travel; use a string`;
}

/** The reason why an object of a kind that has only its content cannot travel with a property of its own. */
export function refuseOwnProperty(key: string): string {
  return `has a property of its own named ${key}, which does not travel; send it beside the value`;
}

/**
 * The reason why an instance of a class cannot travel; undefined if its own properties can. They can if it is
 * data: it arrives as a plain object of its own enumerable properties, without its class and methods. Refused
 * are handles of live things, objects that define their own JSON, and objects whose whole state is private:
 * of these nothing, or something else, would arrive.
 */
export function refuseInstance(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const byTag = Object.hasOwn(BY_TAG, tag) ? BY_TAG[tag] : undefined;
  if (byTag !== undefined) return byTag;
  if (types.isBoxedPrimitive(value)) return `is a ${tag} object; send the primitive, by valueOf()`;
  const methods = value as Readonly<Record<string, unknown>>;
  const has = (name: string): boolean => typeof methods[name] === 'function';
  const name = className(value, tag);
  if (has('then')) return `is ${name}, a promise by its "then" method; await it first`;
  if (tag.endsWith('Generator') || tag.endsWith('Iterator')) {
    return `is a ${tag}, which lives in this process only; send an array of its items`;
  }
  if (types.isExternal(value) || isHandle(value, has)) {
    return `is ${name}, a live handle of this process; open it where the task runs (slaveLocal) and send data`;
  }
  if (has('toJSON')) {
    return `is ${name} with a toJSON method, so that plain data would not be the same; send plain data`;
  }
  if (keepsStatePrivate(value)) {
    return `is ${name}, whose state is private, so that nothing of it would arrive; send plain data`;
  }
  return undefined;
}

function isHandle(value: object, has: (name: string) => boolean): boolean {
  return (
    (typeof EventTarget === 'function' && value instanceof EventTarget) ||
    (has('emit') && (has('on') || has('addListener'))) ||
    (has('addEventListener') && has('removeEventListener')) ||
    (has('postMessage') && has('close')) ||
    (has('getReader') && has('cancel')) ||
    (has('getWriter') && has('abort')) ||
    (has('unref') && has('ref'))
  );
}

/** An object without properties of its own whose prototype has more than a constructor. */
function keepsStatePrivate(value: object): boolean {
  if (Object.keys(value).length > 0) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return true;
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.getPrototypeOf(at) === null) return false;
    if (Reflect.ownKeys(at as object).length > 1) return true;
  }
  return false;
}

function className(value: object, tag: string): string {
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  const name = typeof maker === 'function' && maker.name !== '' ? maker.name : tag;
  return `an instance of ${name}`;
}
