/** The bytes of one stored result, and back: a message body that holds a single entry. */

import { isStackOverflow } from '../../algorithms/stack-overflow.js';
import { FormatError, TaskError } from '../../errors.js';
import { type Body, decodeBody, RawReader } from '../../wire/messages/body.js';
import type { ResultEntry } from '../../wire/messages/entries.js';
import { decodeValue } from '../../wire/values/codec.js';
import { functionsOf } from '../model/read-fate.js';
import type { Task } from '../model/task.js';
import { TaskFate } from '../model/task-fate.js';

/**
 * Call it before the entry is decoded, which may change it. Undefined for a value that is nested so deeply
 * that it can be read but not written: our slaves never send one, and it is not stored.
 */
export function encodeStoredResult(
  sid: number,
  entry: ResultEntry,
  raws: readonly Uint8Array[],
): Body | undefined {
  try {
    return encode(sid, entry, raws);
  } catch (error) {
    if (isStackOverflow(error)) return undefined;
    throw error;
  }
}

function encode(sid: number, entry: ResultEntry, raws: readonly Uint8Array[]): Body {
  const [, attempt, , micros, json, meta, lengths] = entry;
  const head = `[${sid},${attempt},${micros},${JSON.stringify(json)}`;
  if (meta === undefined) return { text: `${head}]`, raws };
  const described = `${head},${JSON.stringify(meta)}`;
  return { text: lengths === undefined ? `${described}]` : `${described},[${lengths.join()}]]`, raws };
}

/**
 * The fate as it was when it was stored, except for the task's id and tag. Invalid bytes affect only their
 * own task.
 */
export function decodeStoredResult(task: Task, bytes: Uint8Array): TaskFate {
  try {
    return decode(task, bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { name, message, stack } = error;
    const run = { ...task.identity, sid: 'SLAVE-0', attempt: task.attempt };
    return TaskFate.failed(
      task,
      0,
      new TaskError({ name, message, stack, fields: {} }, run),
      0,
      bytes.length,
    );
  }
}

function decode(task: Task, bytes: Uint8Array): TaskFate {
  const { value, raw } = decodeBody(bytes);
  if (!Array.isArray(value) || !value.slice(0, 3).every(Number.isSafeInteger) || value.length < 4) {
    throw new FormatError('a stored result is malformed');
  }
  const [sid, attempt, micros, json, meta, lengths] = value as [number, number, number, unknown, unknown, []];
  const raws = new RawReader(raw).take(lengths);
  task.takeStoredAttempt(attempt);
  const packet = decodeValue(json, meta, raws, functionsOf(task));
  return TaskFate.ok(task, sid, packet, micros / 1e6, bytes.length);
}
