/** Looks at the one stack frame above a function: who called it, and from where. */

/**
 * The frame that called `callee`, which must be on the stack. Undefined where nothing above it is
 * known, or `Error` is frozen. Takes microseconds: for definitions and suspicions, never for every call.
 */
export function callSiteOf(callee: (...args: never[]) => unknown): NodeJS.CallSite | undefined {
  const limit = Error.stackTraceLimit;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder: { stack?: unknown } = {};
  // Reflect.set and not an assignment: a frozen Error throws at that.
  Reflect.set(Error, 'stackTraceLimit', 1);
  Reflect.set(Error, 'prepareStackTrace', (_error: Error, sites: NodeJS.CallSite[]) => sites);
  Error.captureStackTrace(holder, callee);
  // The stack is prepared when first read, by whoever is in charge then: read it before restoring.
  const frames = holder.stack;
  Reflect.set(Error, 'stackTraceLimit', limit);
  if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Reflect.defineProperty(Error, 'prepareStackTrace', prepare);
  return Array.isArray(frames) ? (frames[0] as NodeJS.CallSite | undefined) : undefined;
}

/** Where a frame stands, such as `file:///app/main.js:12:3`. */
export function placeOf(site: NodeJS.CallSite | undefined): string {
  const file = site?.getFileName() ?? site?.getEvalOrigin();
  if (site === undefined || !file) return 'an unknown place';
  return `${file}:${site.getLineNumber() ?? 0}:${site.getColumnNumber() ?? 0}`;
}

/** Whether a frame is one of V8's own, such as `Array.map`: those have no file. */
export function isBuiltIn(site: NodeJS.CallSite): boolean {
  return !site.getFileName() && !site.isEval() && site.getFunctionName() !== null;
}
