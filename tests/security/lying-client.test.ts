/**
 * A liar with a socket at a real master, on both brokers: it joins under many names, floods, and speaks for
 * others as far as its broker lets it. Honest slaves do all tasks, each with its one right fate.
 */

import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { listAlgorithms } from '../../src/algorithms/registry.js';
import type { AuditEvent } from '../../src/audit/events.js';
import { defineAlgorithm, type EmbeddedMaster, master, slave } from '../../src/index.js';
import { encodeBody } from '../../src/wire/messages/body.js';
import { PROTOCOL_VERSION, type Welcome } from '../../src/wire/messages/messages.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { EpochMark, HEADER_BYTES, writeHeader } from '../../src/wire/session/frame.js';
import { type BrokerOfTest, overEachBroker } from '../support/each-broker.js';
import { CONNECT_QUIET, RawNats } from '../support/raw-nats.js';
import { suiteInTurns } from '../support/turns.js';
import { resultEntryText, resultsText } from '../wire/messages/entry-texts.js';

const TASKS = 200;
const GARBAGE = 500;

const square = defineAlgorithm('liar-square', (x: number) => x * x, { version: '1' });
/** Those of the library too, without which nobody may join. */
const algorithms = (): string[][] => listAlgorithms().map(({ name, fingerprint }) => [name, fingerprint]);
const subjects = new Subjects('default-member-id');

class Liar {
  readonly address = { user: '_', nonce: randomBytes(16).toString('hex') };
  readonly client: RawNats;
  #welcome: Welcome | undefined;

  constructor(client: RawNats) {
    this.client = client;
  }

  publish(subject: string, payload: Uint8Array | string): void {
    const bytes = Buffer.from(payload);
    this.client.send(Buffer.concat([Buffer.from(`PUB ${subject} ${bytes.length}\r\n`), bytes, CRLF]));
  }

  hello(nonce: string, said: object = {}): void {
    const hello = {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      nonce,
      memberId: 'default-member-id',
      algorithms: algorithms(),
      host: 'liar',
      pid: 1,
      ...said,
    };
    this.publish(subjects.hello({ user: '_', nonce }), JSON.stringify(hello));
  }

  /** Joins as an honest slave does. */
  async join(): Promise<void> {
    this.client.send(
      `SUB ${subjects.toSlave(this.address)} 1\r\nSUB ${subjects.slaveControl(this.address)} 2\r\n`,
    );
    this.hello(this.address.nonce);
    const text = await this.client.take(/\{"type":"welcome".*\}\r\n/);
    this.#welcome = JSON.parse(text.slice(text.lastIndexOf('{"type":"welcome"'))) as Welcome;
  }

  /** A results message in any name. */
  results(number: number, attempt: number, sid: number, runs: readonly number[]): void {
    if (this.#welcome === undefined) throw new Error('it has not joined');
    const entries = runs.map((task) => resultEntryText(task, attempt, 0, 1, '"a lie"'));
    const body = encodeBody(resultsText(sid, false, entries), []);
    const frame = Buffer.alloc(HEADER_BYTES + body.length);
    writeHeader(
      frame,
      new EpochMark({ run: this.#welcome.run, nonce: this.address.nonce, sid: this.#welcome.sid }),
      {
        kind: 1,
        first: true,
        last: true,
        answer: false,
        number,
        received: 0,
        limit: 0,
        want: 0,
        size: body.length,
      },
    );
    frame.set(body, HEADER_BYTES);
    this.publish(subjects.toMaster(this.address), frame);
  }
}

const CRLF = Buffer.from('\r\n');
/** Of the version "1": what a liar knows who has the program. */

const portOf = (mw: EmbeddedMaster, { url }: BrokerOfTest): number =>
  url === undefined ? mw.masterPort : Number(new URL(url).port);

/** A master with two honest slaves, while somebody lies; all squares are right and none came twice. */
async function besiege(
  broker: BrokerOfTest,
  lie: (liar: Liar, mw: EmbeddedMaster) => Promise<void>,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  const onAudit = (event: AuditEvent): void => void events.push(event);
  const mw = await master({ ...broker.flags, clientTimeout: 5, onAudit });
  let client: RawNats | undefined;
  try {
    await Promise.all([slave(mw), slave(mw)]);
    client = await RawNats.open(portOf(mw, broker), CONNECT_QUIET);
    await lie(new Liar(client), mw);
    await mw.run(async () => {
      const numbers = new Map(Array.from({ length: TASKS }, (_, x) => [square.funcall(x), x] as const));
      for await (const fate of mw.results(square)) {
        const x = numbers.get(fate.taskId) as number;
        assert.ok(numbers.delete(fate.taskId), `${fate.taskId} came twice`);
        assert.is(fate.status === 'ok' && fate.packet, x * x);
      }
      assert.is(numbers.size, 0);
    });
    await client.flush();
  } finally {
    client?.close();
    await mw.stop();
  }
  return events;
}

const test = suiteInTurns('security/lying client');

overEachBroker(test, 'floods of hellos, beats and garbage cost bounded lines and no task', async (broker) => {
  const events = await besiege(broker, async (liar) => {
    const nonces = Array.from({ length: GARBAGE }, () => randomBytes(16).toString('hex'));
    for (const [index, nonce] of nonces.entries()) {
      const address = { user: '_', nonce };
      liar.hello(nonce, { protocol: 99 });
      liar.hello(nonce, { host: 'x'.repeat(10_000), memberId: 'y'.repeat(10_000) });
      liar.publish(
        subjects.hello(address),
        index % 2 === 0 ? '{"type":"hello"' : Buffer.from([0x7b, 0xff, 0xc0]),
      );
      liar.publish(subjects.toMaster(address), randomBytes(index % 150));
      liar.publish(
        subjects.masterControl(address),
        JSON.stringify({ type: 'beat', nonce, run: 'r', sid: index }),
      );
      liar.publish(subjects.masterControl(address), '['.repeat(1_000));
      liar.publish(`mw.default-member-id.hello.=FF.${nonce}`, '{"type":"hello"}');
    }
    await liar.client.flush();
  });
  assert.ok(events.length < 2 * GARBAGE + 500, `${events.length} events`);
  // Data for its master beyond what a broker keeps cuts the connection: it comes back, and nothing is lost
  assert.equal(
    events.filter(({ type }) => type === 'slave-lost'),
    [],
  );
});

overEachBroker(test, 'one that joins and lies of all tasks ends its own session alone', async (broker) => {
  const events = await besiege(broker, async (liar) => {
    await liar.join();
    const all = Array.from({ length: TASKS }, (_, task) => task);
    for (const [index, sid] of [0, 1, 2, 3, 99].entries()) liar.results(index + 1, 1, sid, all);
    await liar.client.flush();
  });
  const lost = events.filter(({ type }) => type === 'slave-lost' || type === 'slave-left');
  assert.equal(
    lost.map((event) => 'sid' in event && event.sid),
    ['SLAVE-2'],
  );
});

test("at the master's own broker it hears nobody and speaks for nobody", async () => {
  const embedded: BrokerOfTest = { name: 'embedded', args: [], flags: {}, url: undefined };
  const events = await besiege(embedded, async ({ client }) => {
    client.send(
      'SUB > 1\r\nSUB mw.default-member-id.m.*.* 2\r\nSUB mw.*.s.*.* 3\r\nSUB mw.*.hello.*.* 4\r\n',
    );
    client.send(`PUB ${subjects.toSlave({ user: '_', nonce: '0'.repeat(32) })} 2\r\n{}\r\n`);
    const said = await client.flush();
    assert.is(said.match(/-ERR 'Permissions Violation/g)?.length, 5);
  });
  assert.is(events.filter(({ type }) => type === 'warning').length, 1);
});

test.run();
