/** A starting master's question for others: their answers, who takes precedence, and that nothing is left behind. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataLink, MessageHandler } from '../../../src/link/ports.js';
import { type OtherMaster, queryOtherMasters } from '../../../src/link/sentinel/query-masters.js';

const test = suite('link/query-masters');
const NONCE = 'a'.repeat(32);
const THERE = `mw.m.m.u.${NONCE}.control`;
const HERE = `mw.m.s.u.${NONCE}.control`;
/** The answers are there before the question has waited for any time. */
const FOR_EVER_MS = 3_600_000;

type Answer = string | object | 'nobody';

interface Asked {
  readonly other: OtherMaster;
  readonly sent: string[];
  readonly subscriptions: number;
}

/** Asks as run `5`, and is answered at once. */
async function ask(answers: readonly Answer[], waitMs = FOR_EVER_MS): Promise<Asked> {
  const sent: string[] = [];
  const listeners = new Map<string, MessageHandler>();
  const link = {
    subscribe: (subject: string, handler: MessageHandler) => {
      listeners.set(subject, handler);
      return () => listeners.delete(subject);
    },
    send: (subject: string, payload: Uint8Array, reply: string) => {
      sent.push(`${subject} ${Buffer.from(payload)} ${reply}`);
      for (const answer of answers) {
        const noResponders = answer === 'nobody';
        const text = noResponders ? '' : typeof answer === 'string' ? answer : JSON.stringify(answer);
        listeners.get(HERE)?.(HERE, Buffer.from(text), { noResponders, reply: '' });
      }
      return true;
    },
    ready: async () => assert.is(listeners.size, 1, 'it listens before it asks'),
  } as unknown as DataLink;
  const other = await queryOtherMasters(link, { memberId: 'm', run: '5', user: 'u', nonce: NONCE, waitMs });
  return { other, sent, subscriptions: listeners.size };
}

const here = (run: string, established = false): object => ({ type: 'master-here', run, established });
const found = (run: string, established: boolean, first: boolean): OtherMaster => ({
  found: 'master',
  ...{ run, established, first },
});

test('it asks on the subject of masters, to be answered on its own', async () => {
  const { sent, subscriptions } = await ask(['nobody']);
  assert.equal(sent, [`${THERE} {"type":"master-query","run":"5","established":false} ${HERE}`]);
  assert.is(subscriptions, 0);
});

const ANSWERS: readonly (readonly [string, readonly Answer[], OtherMaster])[] = [
  ['nobody where nobody listens', ['nobody'], { found: 'nobody' }],
  ['silence where nobody answers', [], { found: 'silence' }],
  ['silence where only itself answers', [here('5'), here('5', true)], { found: 'silence' }],
  ['silence where other things are said', ['', '{', 'null'], { found: 'silence' }],
  [
    'silence where another one only asks',
    [{ type: 'master-query', run: '4', established: true }],
    { found: 'silence' },
  ],
  ['a master of a smaller run, which is first', [here('4')], found('4', false, true)],
  ['a master of a greater run, which is not', [here('6')], found('6', false, false)],
  ['an established master, which is first', [here('6', true)], found('6', true, true)],
  ['the one that is first, before the others', [here('6'), here('4'), here('7')], found('4', false, true)],
];
for (const [what, answers, other] of ANSWERS) {
  test(`it finds ${what}`, async () => {
    const waits = other.found === 'silence' || (other.found === 'master' && !other.first);
    const asked = await ask(answers, waits ? 1 : FOR_EVER_MS);
    assert.equal([asked.other, asked.subscriptions], [other, 0]);
  });
}

test('an answer that came while its thread was busy is not overlooked', async () => {
  const other = await new Promise<OtherMaster>((resolve) => {
    let hear: MessageHandler | undefined;
    const block = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    const link = {
      subscribe: (_: string, handler: MessageHandler) => {
        hear = handler;
        return () => {};
      },
      // As with sockets, what lies there is read after the timers that have expired meanwhile
      ready: () => {
        block();
        return new Promise<void>((stands) => setImmediate(stands));
      },
      send: () => {
        block();
        setImmediate(() => {
          const payload = Buffer.from(JSON.stringify(here('4')));
          hear?.(HERE, payload, { noResponders: false, reply: '' });
        });
        return true;
      },
    } as unknown as DataLink;
    resolve(queryOtherMasters(link, { memberId: 'm', run: '5', user: 'u', nonce: NONCE, waitMs: 1 }));
  });
  assert.equal(other, found('4', false, true));
});

test('a connection that breaks is no answer', async () => {
  let subscriptions = 0;
  const link = {
    subscribe: () => {
      subscriptions++;
      return () => subscriptions--;
    },
    ready: async () => {
      throw new Error('cut');
    },
  } as unknown as DataLink;
  const error: unknown = await queryOtherMasters(link, {
    memberId: 'm',
    ...{ run: '5', user: 'u', nonce: NONCE, waitMs: FOR_EVER_MS },
  }).catch((reason: unknown) => reason);
  assert.ok(error instanceof Error);
  assert.equal([error.message, subscriptions], ['cut', 0]);
});

test.run();
