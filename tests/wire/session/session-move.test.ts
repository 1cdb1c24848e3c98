/**
 * Two sessions with two ways between them, which are in order and of different speeds. While a port only comes, or
 * comes again after it was lost with nothing under way, no frame may be asked for twice. `SEED=n` replays one seed.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Session } from '../../../src/wire/session/session.js';
import { Chance, Scheduler } from '../../simulation/scheduler.js';
import { bodyOf, CHUNK_BODY_BYTES, createSession, deliver, framesOf, grantAll } from './session-pair.js';

const SEEDS = 30;
const test = suite('wire/session, moves');

/** A side, with what is under way to it on each way. */
class Side {
  readonly session: Session;
  readonly asked: string[] = [];
  readonly got: Buffer[] = [];
  readonly posted: Buffer[] = [];
  /** The time when the last frame on the broker's way, and on the port, arrives here. */
  readonly last = { broker: 0, port: 0 };
  /** Frames of both ways that have arrived here. */
  readonly came = { broker: 0, port: 0 };

  constructor(name: string) {
    const onResend = (side: string, from: number): void => void this.asked.push(`${name} ${side} ${from}`);
    this.session = createSession({ onResend });
  }
}

class Pair {
  readonly scheduler = new Scheduler();
  readonly slave = new Side('slave');
  readonly master = new Side('master');
  /** Counts the ports: what is under way on an earlier one is lost. */
  port = 0;
  stands = false;
  readonly #chance: Chance;
  readonly #delays: { readonly broker: number; readonly port: number };

  constructor(chance: Chance) {
    this.#chance = chance;
    this.#delays = { broker: chance.between(1, 30), port: chance.between(1, 30) };
    for (const side of [this.slave, this.master]) {
      const tick = (): void => {
        side.session.tick(this.scheduler.now);
        this.flush(side);
        this.scheduler.after(100, tick);
      };
      this.scheduler.after(chance.between(1, 100), tick);
    }
  }

  post(side: Side): void {
    const size = this.#chance.pick([10, 10, 10, 40_000, 2 * CHUNK_BODY_BYTES]);
    const body = bodyOf(size, side.posted.length + 1);
    side.posted.push(body);
    side.session.post(body);
    this.flush(side);
  }

  connectPort(): void {
    this.port++;
    this.stands = true;
    this.slave.session.takePort(this.scheduler.now);
    this.flush(this.slave);
  }

  losePort(): void {
    this.port++;
    this.stands = false;
    for (const side of [this.slave, this.master]) {
      side.session.losePort();
      this.flush(side);
    }
  }

  flush(from: Side): void {
    const to = from === this.slave ? this.master : this.slave;
    // A frame may change the way of the next one.
    from.session.flush((parcel) => {
      const way = from.session.isOnPort ? 'port' : 'broker';
      const frame = Buffer.from(parcel);
      const { scheduler, port } = this;
      to.last[way] = Math.max(to.last[way], scheduler.now + this.#chance.between(1, this.#delays[way]));
      scheduler.at(to.last[way], () => {
        if (way === 'port' && (!this.stands || port !== this.port)) return;
        this.#take(to, frame, way);
      });
      return true;
    }, this.scheduler.now);
  }

  #take(to: Side, frame: Buffer, way: 'broker' | 'port'): void {
    to.came[way]++;
    if (way === 'port' && to === this.master) to.session.takePort(this.scheduler.now);
    to.got.push(...deliver(to.session, [frame], this.scheduler.now));
    grantAll(to.session);
    this.flush(to);
  }

  /** Both have all that was posted, in its order. */
  check(): void {
    for (const [from, to] of [
      [this.slave, this.master],
      [this.master, this.slave],
    ] as const) {
      assert.is(to.got.length, from.posted.length, 'bodies arrived');
      for (const [index, body] of to.got.entries()) {
        assert.ok(Buffer.compare(body, from.posted[index] as Buffer) === 0, `body ${index} is another`);
      }
      assert.ok(from.session.isAcknowledged);
    }
  }
}

function forSeeds(run: (chance: Chance) => void): void {
  const only = process.env.SEED;
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(only)];
  for (const seed of seeds) {
    try {
      run(new Chance(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function postForAWhile(pair: Pair, chance: Chance): void {
  for (let count = chance.between(10, 120); count > 0; count--) {
    const side = chance.pick([pair.slave, pair.master]);
    pair.scheduler.after(chance.between(0, 400), () => pair.post(side));
  }
}

test('frames that are under way when a port comes are not overtaken', () => {
  forSeeds((chance) => {
    const pair = new Pair(chance);
    postForAWhile(pair, chance);
    pair.scheduler.after(chance.between(0, 400), () => pair.connectPort());
    pair.scheduler.runUntil(5_000);
    pair.check();
    assert.equal([...pair.slave.asked, ...pair.master.asked], []);
    assert.equal([pair.slave.session.isOnPort, pair.master.session.isOnPort], [true, true]);
    const before = { slave: pair.slave.came.broker, master: pair.master.came.broker };
    for (const side of [pair.slave, pair.master]) pair.post(side);
    pair.scheduler.runUntil(6_000);
    pair.check();
    assert.equal(
      { slave: pair.slave.came.broker, master: pair.master.came.broker },
      before,
      'all by the port',
    );
  });
});

test('a port that is lost loses no message, whenever it goes and comes again', () => {
  let resent = 0;
  forSeeds((chance) => {
    const pair = new Pair(chance);
    postForAWhile(pair, chance);
    for (let count = chance.between(1, 4); count > 0; count--) {
      pair.scheduler.after(chance.between(0, 300), () => {
        if (!pair.stands) pair.connectPort();
      });
      pair.scheduler.after(chance.between(0, 500), () => {
        if (pair.stands) pair.losePort();
      });
    }
    pair.scheduler.runUntil(10_000);
    pair.check();
    const { stands } = pair;
    assert.equal([pair.slave.session.isOnPort, pair.master.session.isOnPort], [stands, stands]);
    resent += pair.master.asked.length + pair.slave.asked.length;
  });
  if (process.env.SEED === undefined) assert.ok(resent > SEEDS / 10, `${resent} frames were asked for again`);
});

test('a side moves at once when nothing is under way, and says so there first', () => {
  const session = createSession();
  session.post(bodyOf(10, 1));
  session.takePort(0);
  const ways: [boolean, number][] = [];
  session.flush((frame) => ways.push([session.isOnPort, frame.length]) > 0, 0);
  assert.is(ways[0]?.[0], true);
  assert.ok(session.isOnPort);
});

test('while it waits to move it repeats its question each second, and needs ticks', () => {
  const session = createSession();
  session.post(bodyOf(10, 1));
  framesOf(session, 0);
  session.takePort(0);
  assert.is(framesOf(session, 0).length, 1, 'it asks how far the other side is');
  assert.ok(session.needsTick);
  session.post(bodyOf(10, 2));
  session.tick(999);
  assert.is(framesOf(session, 999).length, 0, 'new messages wait');
  session.tick(1_000);
  assert.is(framesOf(session, 1_000).length, 1);
  session.losePort();
  assert.not(session.isOnPort);
  assert.is(framesOf(session, 1_001).length, 2, 'the position, and what waited');
});

test.run();
