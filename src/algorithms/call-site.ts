/** Looks at the stack frames above a function, to find its caller and the place of the call. */

const OWN_PATH = 'algorithms/call-site.js';
/** The library's own folder, as frames name it; undefined in a bundle, which is also the program's file. */
export const LIBRARY_FOLDER: string | undefined = folderOf(import.meta.url);
/** Frames between a stub and the program, such as `Array.map`, or the drawing of `submitAll`. */
const MOST_FRAMES = 8;

/**
 * The frame that called `callee`, which must be on the stack. Undefined if there is no known frame above it,
 * or if `Error` is frozen. Takes microseconds: use it for definitions and suspicions, never for every call.
 */
export function callSiteOf(callee: (...args: never[]) => unknown): NodeJS.CallSite | undefined {
  return framesAbove(callee, 1)[0];
}

/** The place in the program from which `callee` was called, directly or not; undefined if unknown. */
export function placeAbove(callee: (...args: never[]) => unknown): string | undefined {
  const site = framesAbove(callee, MOST_FRAMES).find((frame) => !isBuiltIn(frame) && !isOurs(frame));
  const file = site?.getFileName();
  return file ? placeOf(site) : undefined;
}

function folderOf(own: string | undefined): string | undefined {
  return own?.endsWith(OWN_PATH) ? own.slice(0, -OWN_PATH.length) : undefined;
}

function isOurs(site: NodeJS.CallSite): boolean {
  const file = site.getFileName() ?? '';
  return file.startsWith('node:') || (LIBRARY_FOLDER !== undefined && file.startsWith(LIBRARY_FOLDER));
}

function framesAbove(callee: (...args: never[]) => unknown, most: number): readonly NodeJS.CallSite[] {
  const limit = Error.stackTraceLimit;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder: { stack?: unknown } = {};
  // Reflect.set and not an assignment: a frozen Error throws at that.
  Reflect.set(Error, 'stackTraceLimit', most);
  Reflect.set(Error, 'prepareStackTrace', (_error: Error, sites: NodeJS.CallSite[]) => sites);
  Error.captureStackTrace(holder, callee);
  // The stack is prepared at its first reading, by the handler that is set then: read it before restoring.
  const frames = holder.stack;
  Reflect.set(Error, 'stackTraceLimit', limit);
  if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Reflect.defineProperty(Error, 'prepareStackTrace', prepare);
  return Array.isArray(frames) ? (frames as NodeJS.CallSite[]) : [];
}

/** The place of a frame, such as `file:///app/main.js:12:3`. */
export function placeOf(site: NodeJS.CallSite | undefined): string {
  const file = site?.getFileName() ?? site?.getEvalOrigin();
  if (site === undefined || !file) return 'an unknown place';
  return `${file}:${site.getLineNumber() ?? 0}:${site.getColumnNumber() ?? 0}`;
}

/** Whether a frame is one of V8's own, such as `Array.map`: those have no file. */
export function isBuiltIn(site: NodeJS.CallSite): boolean {
  return !site.getFileName() && !site.isEval() && site.getFunctionName() !== null;
}
