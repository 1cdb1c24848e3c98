import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShareCopy, SharedContent } from '../../../src/algorithms/shared.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { ShareCopies } from '../../../src/master/shares/share-copies.js';
import type { Body } from '../../../src/wire/messages/body.js';

const it = suite('master/share-copies');

const LEAST = 100;
const NOTHING = new Uint8Array(0);
const contentOf = (letter: string, size: number): SharedContent => ({
  key: letter.repeat(43),
  size,
  read: () => NOTHING,
  value: () => letter,
});
const [large, small] = [contentOf('a', LEAST), contentOf('b', LEAST - 1)];
const at = (path: string): ShareCopy => ({ path, head: NOTHING });

class Stage {
  /** `told s1 /path`, `pieces s1`, `removed`. */
  readonly said: string[] = [];
  /** Answers to `make`, in its order. */
  readonly made: ((copy: ShareCopy | undefined) => void)[] = [];
  readonly copies: ShareCopies;

  constructor(hasPort = true) {
    const make = (_content: SharedContent, onMade: (copy: ShareCopy | undefined) => void) =>
      void this.made.push(onMade);
    this.copies = new ShareCopies({
      port: hasPort
        ? { host: 'here', leastBytes: LEAST, make, remove: () => void this.said.push('removed') }
        : undefined,
      wake: ({ sid }) => this.said.push(`woken ${sid}`),
      sendPieces: ({ sid }) => void this.said.push(`pieces ${sid}`),
      onTold: () => {},
    });
  }

  slave(sid: string, host = 'here'): SlaveRecord {
    const post = ({ text }: Body) => void this.said.push(`told ${sid} ${JSON.parse(String(text))[3]}`);
    return { sid, host, session: { post } } as unknown as SlaveRecord;
  }

  heard(): string[] {
    return this.said.splice(0);
  }
}

it('tells all that asked while it is made, and those after them', () => {
  const stage = new Stage();
  for (const sid of ['s1', 's2']) assert.ok(stage.copies.offer(stage.slave(sid), large));
  assert.is(stage.made.length, 1);
  stage.made[0]?.(at('/a'));
  assert.ok(stage.copies.offer(stage.slave('s3'), large));
  const told = ['s1', 's2', 's3'].flatMap((sid) => [`told ${sid} /a`, `woken ${sid}`]);
  assert.equal(stage.heard(), told);
});

for (const [what, hasPort, host, content] of [
  ['a master without copies', false, 'here', large],
  ['a slave elsewhere', true, 'there', large],
  ['a small value', true, 'here', small],
] as const) {
  it(`leaves ${what} to pieces`, () => {
    const stage = new Stage(hasPort);
    assert.not(stage.copies.offer(stage.slave('s1', host), content));
    assert.is(stage.made.length, 0);
  });
}

for (const [what, copy] of [
  ['there can be none', undefined],
  ['its path cannot be told', at('/'.repeat(5_000))],
] as const) {
  it(`sends pieces where ${what}, and does not try again`, () => {
    const stage = new Stage();
    stage.copies.offer(stage.slave('s1'), large);
    stage.made[0]?.(copy);
    assert.equal(stage.heard(), ['pieces s1']);
    assert.not(stage.copies.offer(stage.slave('s2'), large));
    assert.is(stage.made.length, 1);
  });
}

it('tells no slave that is gone or has no room for it', () => {
  const stage = new Stage();
  const [gone, full] = [stage.slave('s1'), stage.slave('s2')];
  for (const slave of [gone, full]) stage.copies.offer(slave, large);
  stage.copies.forget(gone);
  stage.copies.drop(full, large.key);
  stage.made[0]?.(at('/a'));
  assert.equal(stage.heard(), []);
});

it('removes what no task needs, answers who waits for it, and makes another one when it is needed', () => {
  const stage = new Stage();
  stage.copies.close(large.key);
  stage.copies.offer(stage.slave('s1'), large);
  stage.copies.close(large.key);
  assert.equal(stage.heard(), ['removed', 'pieces s1']);
  stage.copies.offer(stage.slave('s2'), large);
  stage.made[0]?.(at('/old'));
  assert.equal(stage.heard(), []);
  stage.made[1]?.(at('/new'));
  assert.equal(stage.heard(), ['told s2 /new', 'woken s2']);
});

it.run();
