/** Typed arrays, DataViews, ArrayBuffers and Buffers as raw bytes, and back. */
import { types } from 'node:util';
import { FormatError } from '../../errors.js';

type ViewConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;

/** By name, the types of this runtime: Float16Array came after Node 20. */
const VIEWS = new Map<string, { readonly view: ViewConstructor; readonly elementBytes: number }>();
for (const name of [
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array'],
  ...['Uint32Array', 'BigInt64Array', 'BigUint64Array', 'Float16Array', 'Float32Array', 'Float64Array'],
  'DataView',
]) {
  const view = (globalThis as unknown as Record<string, unknown>)[name];
  if (typeof view !== 'function') continue;
  const elementBytes = (view as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  VIEWS.set(name, { view: view as unknown as ViewConstructor, elementBytes });
}

/** Whether a value travels as a raw part. */
export function isRaw(value: object): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || types.isArrayBuffer(value);
}

/** The name of a raw value on the wire; a subclass has the name of its base. */
export function rawKind(value: ArrayBuffer | ArrayBufferView): string {
  if (Buffer.isBuffer(value)) return 'Buffer';
  if (!ArrayBuffer.isView(value)) return 'ArrayBuffer';
  if (types.isDataView(value)) return 'DataView';
  // The getter of %TypedArray%: a subclass cannot override it here.
  return String(typedArrayTag?.call(value));
}

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get;

/** A copy of exactly the viewed bytes. */
export function copyBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return new Uint8Array(viewBytes(value));
}

/** The same bytes, as they are until the value changes. */
export function viewBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** The raw value of `kind` over a copy of `bytes`: its own memory, and aligned, as `bytes` need not be. */
export function fromBytes(kind: unknown, bytes: Uint8Array): ArrayBuffer | ArrayBufferView {
  return overBytes(kind, new Uint8Array(bytes));
}

/** The same over `bytes` themselves, which begin at a multiple of eight; an ArrayBuffer is a copy. */
export function overBytes(kind: unknown, bytes: Uint8Array): ArrayBuffer | ArrayBufferView {
  const { byteOffset, byteLength } = bytes;
  const buffer = bytes.buffer as ArrayBuffer;
  if (kind === 'Buffer') return Buffer.from(buffer, byteOffset, byteLength);
  if (kind === 'ArrayBuffer') {
    return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }
  const found = typeof kind === 'string' ? VIEWS.get(kind) : undefined;
  if (found === undefined) throw new FormatError(`a raw part of a kind unknown here: ${String(kind)}`);
  if (byteLength % found.elementBytes !== 0) {
    throw new FormatError(`a raw part of ${byteLength} bytes is not a ${kind}`);
  }
  return new found.view(buffer, byteOffset, byteLength / found.elementBytes);
}
