import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type SharedContent, SharedValue } from '../../../src/algorithms/shared.js';
import { UsageError } from '../../../src/errors.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { ShareHolders } from '../../../src/master/shares/share-holders.js';
import { ShareRegistry } from '../../../src/master/shares/share-registry.js';
import { ShareShipper } from '../../../src/master/shares/share-shipper.js';
import { encodeBody } from '../../../src/wire/messages/body.js';
import { CHUNK_BYTES, CREDIT_BYTES } from '../../../src/wire/messages/messages.js';
import { parseToSlave } from '../../../src/wire/messages/share-messages.js';
import { Session } from '../../../src/wire/session/session.js';
import { share } from '../../../src/wire/shares/share.js';

const it = suite('master/shares');

const handleOf = (value: unknown): SharedValue => share(value) as unknown as SharedValue;

/** A slave's session, both ends, and what came through it. */
class Line {
  readonly slave: SlaveRecord;
  readonly session: Session;
  readonly peer: Session;
  readonly frames: Buffer[] = [];
  /** `piece 0 261632`, `gone: reason`, or what else it is. */
  readonly came: string[] = [];

  constructor(isOnPort = false, outstanding = 1) {
    const epoch = { run: '0011223344556677', nonce: 'ff'.repeat(16), sid: 0 };
    const limits = { sendLimit: CREDIT_BYTES, receiveLimit: CREDIT_BYTES, maxMessageBytes: CREDIT_BYTES };
    this.session = new Session({ epoch, ...limits });
    this.peer = new Session({ epoch, ...limits });
    if (isOnPort) this.session.takePort(0);
    this.slave = { session: this.session, needsFlush: false, outstanding } as unknown as SlaveRecord;
    this.flush();
    this.frames.length = 0;
  }

  flush(): void {
    this.session.flush((frame) => this.frames.push(Buffer.from(frame)) > 0, 0);
  }

  /** The slave takes what was sent, and acknowledges it. */
  deliver(): void {
    for (const frame of this.frames.splice(0)) {
      for (const body of this.peer.receive(frame, 0)) {
        const message = parseToSlave(body);
        if (message.type === 'piece') this.came.push(`piece ${message.from} ${message.bytes.byteLength}`);
        else this.came.push(message.type === 'gone' ? `gone: ${message.reason}` : message.type);
      }
    }
    this.peer.setReceiveLimit(this.peer.receivedBytes + CREDIT_BYTES, true);
    this.peer.confirm();
    this.peer.flush((frame) => this.session.receive(Buffer.from(frame), 0).length >= 0, 0);
  }
}

const content = handleOf(new Uint8Array(1_000_000)).content as SharedContent;

it('the registry holds a content from its first task to the fate of the last one, and frees it once', () => {
  let held = 0;
  const counted: SharedContent = { ...content, hold: () => held++, free: () => held-- };
  const shared = new SharedValue(counted);
  assert.is(held, 1, 'by its handle');
  const registry = new ShareRegistry();
  registry.need([shared]);
  registry.need([shared]);
  assert.is(held, 2);
  shared.release();
  registry.settled([shared]);
  assert.is(held, 1);
  registry.settled([shared]);
  registry.settled([shared]);
  assert.is(held, 0);
});

function shipperOf(contents: readonly SharedContent[]) {
  const sent: string[] = [];
  const woken: SlaveRecord[] = [];
  const known = new Map(contents.map((one) => [one.key, one]));
  const shipper = new ShareShipper({
    find: (key) => known.get(key),
    offerCopy: () => false,
    maxMessageBytes: 256 * 1024 * 1024,
    wake: (slave) => woken.push(slave),
    onSent: (_slave, { key }) => sent.push(key),
  });
  return { shipper, sent, woken, known };
}

it('sends two pieces at once, and the next ones as these are acknowledged', () => {
  const { shipper, sent } = shipperOf([content]);
  const line = new Line();
  shipper.want(line.slave, [[content.key, 0]]);
  const counts: number[] = [];
  while (sent.length === 0) {
    while (shipper.post(false)) line.flush();
    counts.push(line.frames.length);
    line.deliver();
    shipper.heard(line.slave);
  }
  assert.equal(counts, [2, 2]);
  const size = CHUNK_BYTES - 512;
  assert.equal(
    line.came,
    [0, 1, 2, 3].map((n) => `piece ${n * size} ${Math.min(size, content.size - n * size)}`),
  );
  assert.not(shipper.post(false));
});

it('sends three at once to a slave without tasks, and leaves credit for one', () => {
  const { shipper } = shipperOf([content]);
  const line = new Line(false, 0);
  shipper.want(line.slave, [[content.key, 0]]);
  while (shipper.post(false)) line.flush();
  assert.is(line.frames.length, 3);
  assert.ok(line.session.spareCredit > CHUNK_BYTES / 2);
});

it('begins at the place that the slave names', () => {
  const { shipper } = shipperOf([content]);
  const line = new Line();
  shipper.want(line.slave, [[content.key, content.size - 10]]);
  while (shipper.post(false)) line.flush();
  line.deliver();
  assert.equal(line.came, [`piece ${content.size - 10} 10`]);
});

it('lets everything else go first', () => {
  const { shipper } = shipperOf([content]);
  const line = new Line();
  shipper.want(line.slave, [[content.key, 0]]);
  line.session.post(encodeBody('[0,[]]', []));
  assert.not(shipper.post(false), 'a task waits in the session');
  line.flush();
  shipper.heard(line.slave);
  assert.not(shipper.post(true), 'data waits for the broker');
  assert.ok(shipper.post(false));
  const other = new Line(true);
  shipper.want(other.slave, [[content.key, 0]]);
  assert.ok(shipper.post(true), 'its port is free');
});

it('gives all slaves their turn', () => {
  const { shipper } = shipperOf([content]);
  const lines = [new Line(), new Line(), new Line()];
  for (const { slave } of lines) shipper.want(slave, [[content.key, 0]]);
  assert.ok(shipper.post(false));
  for (const line of lines) line.flush();
  assert.equal(
    lines.map(({ frames }) => frames.length),
    [1, 1, 1],
  );
});

it('says what is gone: before, on the way, and when it cannot be read', () => {
  const unreadable = {
    ...content,
    key: 'x'.repeat(43),
    size: 9,
    value: () => 0,
    read: () => {
      throw new Error('the file has changed');
    },
  };
  const { shipper, known } = shipperOf([content, unreadable]);
  const line = new Line();
  shipper.want(line.slave, [
    ['y'.repeat(43), 0],
    [content.key, content.size],
  ]);
  line.flush();
  shipper.want(line.slave, [[unreadable.key, 0]]);
  while (shipper.post(false)) line.flush();
  shipper.want(line.slave, [[content.key, 0]]);
  line.flush();
  line.deliver();
  shipper.post(false);
  line.flush();
  known.delete(content.key);
  line.deliver();
  shipper.heard(line.slave);
  while (shipper.post(false)) line.flush();
  line.flush();
  line.deliver();
  const released = 'gone: its program has released it, and no task needs it';
  assert.equal(line.came, [
    released,
    released,
    'gone: the file has changed',
    `piece 0 ${CHUNK_BYTES - 512}`,
    released,
  ]);
});

it('sends nothing more to a slave that is gone, or has no room for it', () => {
  const { shipper } = shipperOf([content]);
  const line = new Line();
  shipper.want(line.slave, [[content.key, 0]]);
  shipper.drop(line.slave, content.key);
  assert.not(shipper.post(false));
  shipper.want(line.slave, [[content.key, 0]]);
  shipper.forget(line.slave);
  shipper.tick();
  assert.not(shipper.post(false));
});

it('keeps the bytes while a task needs them', () => {
  const registry = new ShareRegistry();
  const [one, same] = [handleOf([1]), handleOf([1])];
  assert.not(registry.isUsed);
  registry.need([one]);
  registry.need([same]);
  one.release();
  same.release();
  assert.is(registry.find(one.key)?.key, one.key);
  registry.need([one]);
  registry.settled([one]);
  registry.settled([same]);
  registry.settled([one]);
  assert.is(registry.find(one.key), undefined);
  assert.not(registry.isUsed);
  assert.throws(() => registry.need([one]), isUsageError);
});

it('knows who has what, for so many keys', () => {
  const holders = new ShareHolders();
  const [first, second] = [{}, {}] as [SlaveRecord, SlaveRecord];
  for (let key = 0; key < 2_000; key++) holders.add(first, `${key}`);
  holders.add(second, '1999');
  assert.equal(
    [holders.holds(first, '0'), holders.holds(first, '1999'), holders.holds(second, '0')],
    [false, true, false],
  );
  assert.equal([...holders.holdersOf('1999')], [first, second]);
  holders.delete(first, '1999');
  holders.forget(second);
  assert.is(holders.holdersOf('1999').size, 0);
});

function isUsageError(error: unknown): boolean {
  return error instanceof UsageError;
}

it.run();
