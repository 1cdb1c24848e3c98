/** Looks at the one stack frame above a function: who called it, and from where. */

/**
 * The frame that called `callee`, which must be on the stack. Undefined where nothing above it is
 * known. Costs microseconds, so it is for definitions and suspicions, never for every call.
 */
export function callSiteOf(callee: (...args: never[]) => unknown): NodeJS.CallSite | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder: { stack?: unknown } = {};
  let frames: unknown;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, sites) => sites;
    Error.captureStackTrace(holder, callee);
    // The stack is prepared when first read, and by whoever is in charge then: read it here.
    frames = holder.stack;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    restorePrepareStackTrace(prepareStackTrace);
  }
  return Array.isArray(frames) ? (frames[0] as NodeJS.CallSite | undefined) : undefined;
}

/** Where a frame stands, such as `file:///app/main.js:12:3`. */
export function placeOf(site: NodeJS.CallSite | undefined): string {
  const file = site?.getFileName() ?? site?.getEvalOrigin();
  if (site === undefined || !file) return 'an unknown place';
  return `${file}:${site.getLineNumber() ?? 0}:${site.getColumnNumber() ?? 0}`;
}

/** Whether a frame is one of V8's own, such as `Array.map`: those have no file. */
export function isBuiltIn(site: NodeJS.CallSite | undefined): boolean {
  return site !== undefined && !site.getFileName() && !site.isEval() && site.getFunctionName() !== null;
}

function restorePrepareStackTrace(previous: typeof Error.prepareStackTrace): void {
  if (previous === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Error.prepareStackTrace = previous;
}
