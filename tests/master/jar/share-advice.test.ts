import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LARGE_BYTES, ShareAdvice } from '../../../src/master/jar/share-advice.js';

const it = suite('master/share-advice');

const NO_RAWS: readonly Uint8Array[] = [];

function adviceOf(): { advice: ShareAdvice; told: string[] } {
  const told: string[] = [];
  return { advice: new ShareAdvice((algorithm, bytes) => told.push(`${algorithm} ${bytes}`)), told };
}

const large = (fill: number, length = LARGE_BYTES): Uint8Array => new Uint8Array(length).fill(fill);

it('tells once, at the third time that equal bytes come, of each algorithm', () => {
  const { advice, told } = adviceOf();
  for (const [algorithm, count] of [
    ['a', 2],
    ['b', 2],
    ['a', 1],
  ] as const) {
    for (let i = 0; i < count; i++) advice.look(algorithm, '[]', [large(1), large(i + 2)]);
  }
  assert.equal(told, [`a ${LARGE_BYTES}`]);
  for (let i = 0; i < 5; i++) advice.look('a', '[]', [large(1)]);
  advice.look('b', '[]', [large(1)]);
  assert.equal(told, [`a ${LARGE_BYTES}`, `b ${LARGE_BYTES}`]);
});

it('tells of large texts too, and of nothing small', () => {
  const { advice, told } = adviceOf();
  for (let i = 0; i < 3; i++) advice.look('text', 'x'.repeat(LARGE_BYTES), NO_RAWS);
  for (let i = 0; i < 9; i++) advice.look('small', 'x'.repeat(LARGE_BYTES - 1), [large(1, LARGE_BYTES - 1)]);
  assert.equal(told, [`text ${LARGE_BYTES}`]);
});

it('says nothing of bytes that differ, also where a sample does not show it', () => {
  const { advice, told } = adviceOf();
  for (let i = 0; i < 40; i++) {
    const bytes = large(0);
    bytes[5 + i] = 1 + i;
    advice.look('sparse', '[]', [bytes]);
    advice.look('other', '[]', [large(i)]);
  }
  assert.equal(told, []);
});

it.run();
