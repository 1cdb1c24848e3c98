/** The turns of the broker's thread: what goes out at their end, and whose bytes wait for the next one. */
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Turns } from '../../src/broker/turns.js';

class Stage {
  readonly log: string[] = [];
  readonly held = new Set<Socket>();
  readonly ends: (() => void)[] = [];
  readonly turns = new Turns({
    maxBytes: 10,
    isHeld: (socket) => this.held.has(socket),
    later: (end) => this.ends.push(end),
  });

  flushed(name: string) {
    return { flush: () => this.log.push(`flush ${name}`) };
  }

  socket(name: string): Socket {
    const note = (what: string) => () => this.log.push(`${what} ${name}`);
    return { pause: note('pause'), resume: note('resume') } as unknown as Socket;
  }

  /** Ends the turn, which has asked for that once; returns the log of it. */
  end(): string[] {
    assert.is(this.ends.length, 1, 'a turn has one end');
    this.log.length = 0;
    this.ends.pop()?.();
    return this.log;
  }
}

const it = suite('broker turns');

it('all that is to go out goes out once, at the end of its turn', () => {
  const stage = new Stage();
  for (const name of ['a', 'b']) stage.turns.flushAtEnd(stage.flushed(name));
  assert.equal(stage.log, []);
  assert.equal(stage.end(), ['flush a', 'flush b']);
  stage.turns.flushAtEnd(stage.flushed('c'));
  assert.equal(stage.end(), ['flush c']);
});

it('a socket that has brought its share is read again at the end of the turn', () => {
  const stage = new Stage();
  const [a, b] = [stage.socket('a'), stage.socket('b')];
  const [countA, countB] = [stage.turns.shareOf(a), stage.turns.shareOf(b)];
  countA(9);
  countB(9);
  assert.equal(stage.log, []);
  countA(1);
  assert.equal(stage.log, ['pause a']);
  assert.equal(stage.end(), ['resume a']);
  countA(9);
  countB(9);
  assert.equal(stage.log, ['resume a'], 'each turn counts anew');
  assert.equal(stage.end(), []);
});

it('a socket that something else holds stays paused', () => {
  const stage = new Stage();
  const [a, b] = [stage.socket('a'), stage.socket('b')];
  for (const socket of [a, b]) stage.turns.shareOf(socket)(10);
  stage.held.add(a);
  assert.equal(stage.end(), ['resume b']);
});

it('an end may come before it was asked for', () => {
  const stage = new Stage();
  stage.turns.flushAtEnd(stage.flushed('a'));
  stage.turns.end();
  assert.equal(stage.log, ['flush a']);
  assert.equal(stage.end(), []);
});

it.run();
