/** The bytes of a stored result: there and back, and what is not stored. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeStoredResult, encodeStoredResult } from '../../src/master/stored-result.js';
import { encodeBody } from '../../src/wire/body.js';
import { createEntry, createTask } from './parts.js';

const stored = suite('stored result');

stored('comes back with its packet and its time', () => {
  const body = encodeStoredResult(3, [7, 2, 0, 1_500_000, [1, 2], { values: ['set'], v: 1 }], []);
  const bytes = encodeBody(body?.text ?? '', body?.raws ?? []);
  const fate = decodeStoredResult(createTask(7, createEntry()), bytes);
  assert.equal([fate.status, fate.packet, fate.computeTime], ['ok', new Set([1, 2]), 1.5]);
});

stored('is none where its packet is nested too deep to be written', () => {
  const levels = 100_000;
  const json: unknown = JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  assert.is(encodeStoredResult(3, [7, 1, 0, 5, json], []), undefined);
});

stored.run();
