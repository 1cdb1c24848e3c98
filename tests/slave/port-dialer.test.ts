/** The data port is dialled at once, then after longer and longer waits; each session has only its own offer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerAddress, DataLink, LinkStatus, MessageHandler } from '../../src/link/ports.js';
import { PortDialer, type PortOffer } from '../../src/slave/port-dialer.js';

const test = suite('slave/port-dialer');

/** A connection that does as the test says. */
class PlayedLink implements DataLink {
  connected = true;
  server = undefined;
  readonly sent: string[] = [];
  readonly heard = new Map<string, MessageHandler>();
  isClosed = false;
  takes = true;
  stands: Promise<void> = Promise.resolve();
  #listener: (status: LinkStatus) => void = () => {};

  send(subject: string, payload: Uint8Array): boolean {
    if (this.takes) this.sent.push(`${subject} ${Buffer.from(payload).toString()}`);
    return this.takes;
  }
  subscribe(subject: string, handler: MessageHandler): () => void {
    this.heard.set(subject, handler);
    return () => {};
  }
  ready(): Promise<void> {
    return this.stands;
  }
  onStatus(listener: (status: LinkStatus) => void): void {
    this.#listener = listener;
  }
  say(status: LinkStatus): void {
    this.#listener(status);
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const offer = (name: string): PortOffer => ({
  offered: { port: 7, secret: name, encrypted: false },
  toMaster: `m.${name}`,
  toSlave: `s.${name}`,
});

/** The dialer, what it says, and the links that it gets; `next` makes them fail. */
class Stage {
  readonly said: string[] = [];
  readonly links: PlayedLink[] = [];
  readonly dialled: BrokerAddress[] = [];
  /** Seconds of all attempts. */
  readonly limits: number[] = [];
  next: (() => Promise<DataLink>) | undefined;
  readonly dialer = new PortDialer({
    addressOf: ({ secret, port }) => ({ urls: [`nats://h:${port}`], token: secret }),
    connect: (address, timeoutMs) => {
      this.dialled.push(address);
      this.limits.push(timeoutMs / 1_000);
      if (this.next !== undefined) return this.next();
      const link = new PlayedLink();
      this.links.push(link);
      return Promise.resolve(link);
    },
    onTaken: () => this.said.push('taken'),
    onFrame: (frame) => this.said.push(`frame ${frame.toString()}`),
    onDrained: () => this.said.push('drained'),
    onLost: () => this.said.push('lost'),
    onUnreachable: (url, reason) => this.said.push(`unreachable ${url}: ${reason}`),
    now: () => this.now,
    later: (run, ms) => {
      this.waits.push(ms / 1_000);
      this.#due = run;
      return () => {
        this.#due = undefined;
      };
    },
  });
  now = 0;
  /** Seconds of all waits. */
  readonly waits: number[] = [];
  #due: (() => void) | undefined;

  /** The wait is over. */
  async ring(): Promise<void> {
    const due = this.#due;
    this.#due = undefined;
    due?.();
    await settle();
  }

  link(index = 0): PlayedLink {
    return this.links[index] as PlayedLink;
  }
}

/** Lets all promises that are settled go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('it takes the port once its subscription stands, and carries frames both ways', async () => {
  const { dialer, said, dialled, links } = new Stage();
  assert.not(dialer.send(Buffer.from('early')));
  dialer.offer(offer('a'));
  await settle();
  assert.equal(said, ['taken']);
  assert.equal(dialled, [{ urls: ['nats://h:7'], token: 'a' }]);
  const link = links[0] as PlayedLink;
  assert.ok(dialer.send(Buffer.from('x')));
  assert.equal(link.sent, ['m.a x']);
  link.heard.get('s.a')?.('s.a', Buffer.from('y'), { noResponders: false, reply: '' });
  link.takes = false;
  assert.not(dialer.send(Buffer.from('z')));
  link.say({ status: 'drained' });
  assert.equal(said, ['taken', 'frame y', 'drained']);
  dialer.close();
  assert.ok(link.isClosed);
  assert.not(dialer.send(Buffer.from('late')));
});

test('a lost port is dialled again after a second, then after twice as long, at most a minute', async () => {
  const stage = new Stage();
  const { dialer, said } = stage;
  dialer.offer(offer('a'));
  await settle();
  stage.next = () => Promise.reject(new Error('refused'));
  stage.link().connected = false;
  stage.link().say({ status: 'disconnected' });
  stage.link().say({ status: 'closed' });
  assert.equal(said, ['taken', 'lost']);
  for (let dials = 0; dials < 8; dials++) await stage.ring();
  assert.equal(stage.waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  assert.equal(stage.limits, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(said, ['taken', 'lost', 'unreachable nats://h:7: refused'], 'told once');
  dialer.close();
  await stage.ring();
  assert.is(stage.dialled.length, 9);
});

test('a dial that tasks here held up is no sign of the port, and the next one has more time', async () => {
  const stage = new Stage();
  const { dialer, said } = stage;
  stage.next = () => {
    // The task took half a second more than the attempt may
    stage.now += 1_000 * (stage.limits.at(-1) ?? 0) + 500;
    return Promise.reject(new Error('no answer'));
  };
  dialer.offer(offer('a'));
  await settle();
  await stage.ring();
  await stage.ring();
  stage.next = undefined;
  await stage.ring();
  assert.equal(
    [stage.limits, stage.waits],
    [
      [1, 2, 4, 8],
      [1, 1, 1],
    ],
  );
  assert.equal(said, ['taken']);
  dialer.offer(offer('b'));
  assert.is(stage.limits.at(-1), 1, 'a session begins with the first');
  dialer.close();
});

test('one that has stood for a minute begins a new count', async () => {
  const stage = new Stage();
  stage.dialer.offer(offer('a'));
  await settle();
  for (const stoodMs of [59_000, 59_000, 60_000]) {
    stage.now += stoodMs;
    stage.links.at(-1)?.say({ status: 'disconnected' });
    await stage.ring();
  }
  assert.equal(stage.waits, [1, 2, 1]);
  stage.dialer.close();
});

test('a port that was left is dialled again, and its end is no loss', async () => {
  const stage = new Stage();
  stage.dialer.offer(offer('a'));
  await settle();
  stage.dialer.leave();
  assert.ok(stage.link().isClosed);
  stage.link().say({ status: 'closed' });
  await stage.ring();
  assert.equal(stage.said, ['taken', 'taken']);
  assert.is(stage.links.length, 2);
  stage.dialer.close();
});

test('what a session was offered before counts no more, whenever it comes', async () => {
  const stage = new Stage();
  const { dialer, said } = stage;
  let give: (link: DataLink) => void = () => {};
  stage.next = () => new Promise((resolve) => (give = resolve));
  dialer.offer(offer('a'));
  stage.next = undefined;
  dialer.offer(offer('b'));
  await settle();
  const late = new PlayedLink();
  give(late);
  await settle();
  assert.ok(late.isClosed);
  assert.equal(said, ['taken']);
  stage.link().heard.get('s.b')?.('s.b', Buffer.from('y'), { noResponders: false, reply: '' });
  dialer.offer(offer('c'));
  assert.ok(stage.link().isClosed);
  stage.link().heard.get('s.b')?.('s.b', Buffer.from('z'), { noResponders: false, reply: '' });
  assert.equal(said, ['taken', 'frame y']);
  dialer.close();
});

test('a port that closes before its subscription stands is dialled again', async () => {
  const stage = new Stage();
  const bad = new PlayedLink();
  bad.stands = Promise.reject(new Error('cut'));
  stage.next = () => Promise.resolve(bad);
  stage.dialer.offer(offer('a'));
  await settle();
  assert.ok(bad.isClosed);
  assert.equal(stage.said, ['unreachable nats://h:7: cut']);
  stage.next = undefined;
  await stage.ring();
  assert.equal(stage.said.at(-1), 'taken');
  stage.dialer.close();
});

test.run();
