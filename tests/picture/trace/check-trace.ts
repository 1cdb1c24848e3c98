/** Reads a trace as its viewers do, and refuses what the format does not allow. */

import * as assert from 'uvu/assert';

export interface ReadSlice {
  readonly name: string;
  readonly track: string;
  readonly machine: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface ReadTrace {
  readonly slices: readonly ReadSlice[];
  /** As `SLAVE-0 TASK-1 #1 -> SLAVE-1 TASK-1 #2`. */
  readonly flows: readonly string[];
  readonly instants: readonly string[];
  /** The points of each counter. */
  readonly counters: ReadonlyMap<string, readonly number[]>;
  readonly machines: readonly string[];
  readonly begins: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isTime = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isId = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isZeroOrId = (value: unknown): boolean => value === 0 || isId(value);

const REQUIRED: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  M: { name: isText, pid: isId, tid: isZeroOrId, args: isObject },
  X: { name: isText, cat: isText, pid: isId, tid: isId, ts: isTime, dur: isTime, args: isObject },
  i: { name: isText, cat: isText, pid: isId, tid: isId, ts: isTime, s: (s) => s === 't', args: isObject },
  C: { name: isText, pid: isId, ts: isTime, args: isObject },
  s: { name: isText, cat: isText, pid: isId, tid: isId, ts: isTime, id: isId },
  f: { name: isText, cat: isText, pid: isId, tid: isId, ts: isTime, id: isId, bp: (bp) => bp === 'e' },
};

export function readTrace(text: string): ReadTrace {
  const { traceEvents, displayTimeUnit, otherData } = JSON.parse(text);
  assert.is(displayTimeUnit, 'ms');
  assert.ok(Array.isArray(traceEvents));
  const events = traceEvents as Fields[];
  for (const event of events) checkFields(event);
  const names = namesOf(events);
  const slices = slicesOf(events, names);
  return {
    slices,
    flows: flowsOf(events, names, slices),
    instants: checkOrder(events.filter(({ ph }) => ph === 'i')).map(({ name }) => String(name)),
    counters: countersOf(events),
    machines: [...names].filter(([key]) => key.endsWith('/0')).map(([, name]) => name),
    begins: otherData.begins,
  };
}

function checkFields(event: Fields): void {
  const required = REQUIRED[String(event['ph'])];
  assert.ok(required, `an event of no known kind: ${JSON.stringify(event)}`);
  for (const [key, accepts] of Object.entries(required))
    assert.ok(accepts(event[key]), `${key} of ${JSON.stringify(event)}`);
}

/** By `pid/tid`; each has a name before anything is drawn there. */
function namesOf(events: readonly Fields[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { ph, name, pid, tid, args } of events) {
    const key = `${pid}/${ph === 'C' ? 0 : tid}`;
    if (ph === 'M') {
      if (name === 'process_name' || name === 'thread_name') {
        assert.not(names.has(key), `${key} has two names`);
        names.set(key, String((args as Fields)['name']));
      }
    } else assert.ok(names.has(key) && names.has(`${pid}/0`), `nothing has the name ${key}`);
  }
  return names;
}

/** Those of a track do not overlap. */
function slicesOf(events: readonly Fields[], names: ReadonlyMap<string, string>): ReadSlice[] {
  const ends = new Map<string, number>();
  return events
    .filter(({ ph }) => ph === 'X')
    .map((event) => {
      const { name, pid, tid, ts, dur, args } = event as unknown as ReadSlice & { pid: number; tid: number };
      const key = `${pid}/${tid}`;
      assert.ok(ts >= (ends.get(key) ?? 0), `${JSON.stringify(event)} begins before the last one has ended`);
      ends.set(key, ts + dur);
      const [track = '', machine = ''] = [names.get(key), names.get(`${pid}/0`)];
      return { name, track, machine, ts, dur, args };
    });
}

/** Each has one start and then one end, inside slices. */
function flowsOf(
  events: readonly Fields[],
  names: ReadonlyMap<string, string>,
  slices: readonly ReadSlice[],
): string[] {
  const starts = new Map<unknown, Fields>();
  const around = ({ pid, tid, ts }: Fields): string => {
    const track = names.get(`${pid}/${tid}`);
    const at = ts as number;
    const slice = slices.find((one) => one.track === track && one.ts <= at && at <= one.ts + one.dur);
    assert.ok(slice, `no slice around ${at} of ${track}`);
    return `${track} ${slice.args['task']} #${slice.args['attempt']}`;
  };
  const flows: string[] = [];
  for (const event of events) {
    if (event['ph'] === 's') {
      assert.not(starts.has(event['id']), 'a flow begins twice');
      starts.set(event['id'], event);
    }
    if (event['ph'] !== 'f') continue;
    const start = starts.get(event['id']);
    assert.ok(start && (start['ts'] as number) <= (event['ts'] as number), 'a flow ends before its start');
    flows.push(`${around(start)} -> ${around(event)}`);
  }
  assert.is(flows.length, starts.size, 'a flow has no end');
  return flows;
}

function checkOrder<T extends Fields>(events: T[]): T[] {
  for (const [index, { ts }] of events.entries())
    assert.ok((ts as number) >= ((events[index - 1]?.['ts'] as number) ?? 0), 'an event is out of order');
  return events;
}

function countersOf(events: readonly Fields[]): Map<string, number[]> {
  const counters = new Map<string, number[]>();
  for (const { name, args } of checkOrder(events.filter(({ ph }) => ph === 'C'))) {
    const values = Object.values(args as Fields);
    assert.ok(values.length === 1 && isTime(values[0]), `the counter ${name} is ${values}`);
    counters.set(String(name), [...(counters.get(String(name)) ?? []), values[0] as number]);
  }
  return counters;
}
