/** Folds a profile into the tree of a flame graph, and into a table of its functions; pure, and bounded. */

import type { CpuProfile, ProfileNode } from './read-profile.js';

/** Whose code it is: the program's, a package's, Node's own modules, or V8 and native code. */
export type FrameKind = 'program' | 'package' | 'node' | 'native';

/** A function: its name, file, line from 1 (0 if there is none), and kind. */
export type FlameFrame = readonly [name: string, file: string, line: number, kind: FrameKind];

/** A call: its depth, the place of its function in `frames`, and its microseconds, own and with the calls in it. */
export type FlameCall = readonly [depth: number, frame: number, selfUs: number, totalUs: number];

export interface FlameTree {
  readonly frames: readonly FlameFrame[];
  /** From the outside; after each call those in it, the longest first. */
  readonly calls: readonly FlameCall[];
  /** Calls that did not fit: the shortest. */
  readonly left: number;
  /** The functions that took most themselves; a function that calls itself counts once. */
  readonly functions: readonly (readonly [frame: number, selfUs: number, totalUs: number])[];
  readonly samples: number;
  /** When main had something to do, and when it had not. */
  readonly busyUs: number;
  readonly idleUs: number;
}

export const MOST_CALLS = 10_000;
const MOST_FUNCTIONS = 40;
/** V8's own stacks have 255. */
const MOST_DEPTH = 512;
const MOST_NAME = 300;

interface Call {
  readonly frame: number;
  readonly depth: number;
  readonly parent: Call | undefined;
  readonly inside: Map<number, Call>;
  selfUs: number;
  totalUs: number;
}

/** Calls of one function in one place are one, also where V8 tells them apart. */
export function foldProfile(profile: CpuProfile, mostCalls = MOST_CALLS): FlameTree {
  const frames = new Frames();
  const { calls, idleUs } = mergeCalls(profile, frames);
  for (const call of calls.toReversed()) {
    call.totalUs += call.selfUs;
    if (call.parent !== undefined) call.parent.totalUs += call.totalUs;
  }
  const outermost = calls.filter(({ parent }) => parent === undefined);
  const shown = calls.filter(({ totalUs }) => totalUs > 0);
  // The sort is stable, and a call comes after the one that it is in: so none is kept without that
  const kept = new Set(shown.sort((a, b) => b.totalUs - a.totalUs).slice(0, mostCalls));
  return {
    frames: frames.list,
    calls: inOrder(outermost, kept),
    left: shown.length - kept.size,
    functions: functionsOf(calls, frames.list.length),
    samples: profile.samples.length,
    busyUs: outermost.reduce((sum, { totalUs }) => sum + totalUs, 0),
    idleUs,
  };
}

class Frames {
  readonly list: FlameFrame[] = [];
  readonly #byKey = new Map<string, number>();

  add({ functionName, url, lineNumber }: ProfileNode['callFrame']): number {
    const key = `${functionName}\n${url}\n${lineNumber}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const name = functionName.slice(0, MOST_NAME) || '(anonymous)';
    this.#byKey.set(key, this.list.length);
    return this.list.push([name, url.slice(-MOST_NAME), Math.max(0, lineNumber + 1), kindOf(url)]) - 1;
  }
}

function kindOf(url: string): FrameKind {
  if (url === '') return 'native';
  if (url.startsWith('node:')) return 'node';
  return /[/\\]node_modules[/\\]/.test(url) ? 'package' : 'program';
}

/** All calls, each after the one that it is in. */
function mergeCalls(
  profile: CpuProfile,
  frames: Frames,
): { readonly calls: Call[]; readonly idleUs: number } {
  const selfUs = timesOf(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const [root] = profile.nodes;
  const calls: Call[] = [];
  const outermost = new Map<number, Call>();
  let idleUs = 0;
  const open: { readonly id: number; readonly parent: Call | undefined }[] = [];
  const descend = (node: ProfileNode | undefined, parent: Call | undefined): void => {
    for (const id of node?.children?.toReversed() ?? []) open.push({ id, parent });
  };
  descend(root, undefined);
  nodes.delete(root?.id ?? Number.NaN);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id, parent } = next;
    const node = nodes.get(id);
    if (node === undefined) continue;
    // Each has one place, whatever a liar says
    nodes.delete(id);
    const ownUs = selfUs.get(id) ?? 0;
    if (parent === undefined && node.callFrame.functionName === '(idle)' && node.callFrame.url === '') {
      idleUs += ownUs;
      continue;
    }
    if (parent !== undefined && parent.depth + 1 >= MOST_DEPTH) {
      parent.selfUs += ownUs;
      descend(node, parent);
      continue;
    }
    const siblings = parent?.inside ?? outermost;
    const frame = frames.add(node.callFrame);
    let call = siblings.get(frame);
    if (call === undefined) {
      call = {
        ...{ frame, depth: parent === undefined ? 0 : parent.depth + 1, parent },
        ...{ inside: new Map(), selfUs: 0, totalUs: 0 },
      };
      siblings.set(frame, call);
      calls.push(call);
    }
    call.selfUs += ownUs;
    descend(node, call);
  }
  return { calls, idleUs };
}

/** A sample lasts until the next one. */
function timesOf({ samples, timeDeltas, startTime, endTime }: CpuProfile): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  let atUs = startTime + (timeDeltas[0] ?? 0);
  for (const [index, id] of samples.entries()) {
    const isLast = index === samples.length - 1;
    const lastsUs = Math.max(0, isLast ? endTime - atUs : (timeDeltas[index + 1] ?? 0));
    times.set(id, (times.get(id) ?? 0) + lastsUs);
    atUs += lastsUs;
  }
  return times;
}

function inOrder(outermost: readonly Call[], kept: ReadonlySet<Call>): FlameCall[] {
  const ordered: FlameCall[] = [];
  const open: Call[] = [];
  const descend = (calls: Iterable<Call>): void => {
    const shortestFirst = [...calls].filter((call) => kept.has(call)).sort((a, b) => a.totalUs - b.totalUs);
    open.push(...shortestFirst);
  };
  descend(outermost);
  for (let call = open.pop(); call !== undefined; call = open.pop()) {
    ordered.push([call.depth, call.frame, Math.round(call.selfUs), Math.round(call.totalUs)]);
    descend(call.inside.values());
  }
  return ordered;
}

function functionsOf(calls: readonly Call[], frames: number): FlameTree['functions'] {
  const selfUs = new Float64Array(frames);
  const totalUs = new Float64Array(frames);
  for (const call of calls) {
    selfUs[call.frame] = (selfUs[call.frame] ?? 0) + call.selfUs;
    if (!isRecursive(call)) totalUs[call.frame] = (totalUs[call.frame] ?? 0) + call.totalUs;
  }
  return Array.from(
    selfUs,
    (self, frame) => [frame, Math.round(self), Math.round(totalUs[frame] ?? 0)] as const,
  )
    .filter(([, self, total]) => self + total > 0)
    .sort((a, b) => b[1] - a[1] || b[2] - a[2])
    .slice(0, MOST_FUNCTIONS);
}

function isRecursive({ frame, parent }: Call): boolean {
  for (let outer = parent; outer !== undefined; outer = outer.parent) if (outer.frame === frame) return true;
  return false;
}
