import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { type GivenTask, TIMED_OUT } from '../../../src/slave/core/given-task.js';
import { ResultOutbox } from '../../../src/slave/core/result-outbox.js';
import { decodeBody } from '../../../src/wire/messages/body.js';
import { parseResults } from '../../../src/wire/messages/entries.js';
import { Session } from '../../../src/wire/session/session.js';
import { givenTask } from '../given-task.js';

const outbox = suite('result outbox');

const LIMIT = 1024 * 1024;

const task = (number: number, sid = 0, endOfGroup = false): GivenTask =>
  givenTask(number, { sid, endOfGroup });

function session(sid: number): Session {
  return new Session({
    epoch: { run: '0'.repeat(16), nonce: '0'.repeat(32), sid },
    sendLimit: 0,
    receiveLimit: 0,
    maxMessageBytes: LIMIT,
  });
}

const bodies = (of: Session) => of.unacknowledged().map((body) => parseResults(decodeBody(body).value));
const ok = (packet: unknown) => ({ ok: true, packet }) as const;

outbox('it keeps a message of several results within the limit', () => {
  const results = new ResultOutbox(silentAudit);
  const into = session(0);
  results.open(into, LIMIT);
  results.add(task(0), ok('x'.repeat(200_000)), 1, 0, 0);
  assert.ok(results.add(task(1), ok('y'.repeat(LIMIT - 2048)), 1, 0, 0));
  results.post(true);
  for (const body of into.unacknowledged()) assert.ok(body.length <= LIMIT, `${body.length} bytes`);
  assert.equal(
    bodies(into).map(({ results }) => results.map(([number]) => number)),
    [[0], [1]],
  );
});

outbox('the least limit holds for several results, and for errors of any size', () => {
  const least = 64 * 1024;
  const results = new ResultOutbox(silentAudit);
  const into = session(0);
  results.open(into, least);
  const long = Object.assign(new RangeError('m'.repeat(60_000)), { field: 'f'.repeat(60_000) });
  const thrown: unknown[] = [long, new Error('\u20ac'.repeat(60_000)), 's'.repeat(60_000)];
  for (let number = 0; number < 6; number++) {
    if (results.add(task(number), ok('x'.repeat(25_000)), 1, 0, 0)) results.post(false);
  }
  for (const [at, error] of thrown.entries()) {
    if (results.add(task(10 + at), { ok: false, thrown: error }, 1, 0, 0)) results.post(false);
  }
  results.post(true);
  for (const body of into.unacknowledged()) assert.ok(body.length <= least, `${body.length} bytes`);
  const numbers = bodies(into).flatMap(({ results }) => results.map(([number]) => number));
  assert.equal(numbers, [0, 1, 2, 3, 4, 5, 10, 11, 12]);
});

outbox('it turns a result above the limit into an error that says size and flag', () => {
  const results = new ResultOutbox(silentAudit);
  const into = session(0);
  results.open(into, LIMIT);
  results.add(task(0), ok('x'.repeat(LIMIT)), 1, 0, 0);
  results.post(true);
  const [entry] = bodies(into)[0]?.results ?? [];
  assert.is(entry?.[2], 1);
  assert.match(JSON.stringify(entry), /1048578 bytes.*--max-message-size is 1048576/);
});

outbox('it takes unacknowledged results to the next session, under the sid they were given in', () => {
  const results = new ResultOutbox(silentAudit);
  results.open(session(3), LIMIT);
  results.add(task(0, 3), ok(1), 1, 0, 0);
  results.post(true);
  results.add(task(1, 3), ok(2), 1, 0, 0);
  results.close();
  results.add(task(2, 3), ok(3), 1, 0, 0);
  results.post(true);
  assert.not(results.isDrained);
  const next = session(4);
  results.open(next, LIMIT);
  results.add(task(3, 4), ok(4), 1, 0, 0);
  results.post(true);
  assert.equal(
    bodies(next).map(({ sid, results }) => [sid, ...results.map(([number]) => number)]),
    [
      [3, 0],
      [3, 1],
      [3, 2],
      [4, 3],
    ],
  );
});

outbox('it is drained when all is acknowledged, and knows what it has collected', () => {
  const results = new ResultOutbox(silentAudit);
  assert.equal([results.isDrained, results.collected], [true, 0]);
  results.add(task(0), ok(1), 1, 0, 0);
  results.add(task(1), ok(1), 1, 0, 0);
  assert.equal([results.isDrained, results.collected], [false, 2]);
  results.post(false);
  assert.equal([results.isDrained, results.collected], [false, 0], 'it waits for a session');
  const into = session(0);
  results.open(into, LIMIT);
  assert.is(results.isDrained, false, 'it is on its way');
  const idle = new ResultOutbox(silentAudit);
  idle.open(session(0), LIMIT);
  assert.is(idle.isDrained, true);
  idle.add(task(0), ok(1), 1, 0, 0);
  assert.is(idle.isDrained, false);
  idle.close();
  assert.is(idle.isDrained, false);
});

outbox('what tasks have offered to cells goes before their results, also when there is no session', () => {
  const waiting = [
    [['best', 1, '7']],
    undefined,
    [
      ['a', 1, '1'],
      ['b', 2, '"é"'],
    ],
  ] as const;
  let calls = 0;
  const results = new ResultOutbox(silentAudit, () => waiting[calls++]);
  for (const number of [0, 1, 2]) {
    results.add(task(number), ok(number), 1, 0, 0);
    results.post(false);
  }
  const into = session(0);
  results.open(into, LIMIT);
  assert.equal(
    bodies(into).map(({ results, offers }) => offers ?? results.map(([number]) => number)),
    [[['best', 1, '7']], [0], [1], [['a', 1, '1']], [['b', 2, '"é"']], [2]],
  );
});

outbox('each outcome has its status, and each message its line', () => {
  const counts: unknown[] = [];
  const results = new ResultOutbox({ emit: (event) => void counts.push(event) });
  const into = session(0);
  results.open(into, LIMIT);
  results.add(task(0), ok('v'), 1.6, 5, 0);
  results.add(task(1), { ok: false, thrown: new RangeError('no') }, 1, 5, 0);
  results.add(task(2), TIMED_OUT, 1, 5, 0);
  results.add(
    task(3),
    ok(() => {}),
    1,
    5,
    0,
  );
  results.post(true);
  results.post(true);
  const [body] = bodies(into);
  assert.equal(
    body?.results.map(([number, , status, micros]) => [number, status, micros]),
    [
      [0, 0, 2],
      [1, 1, 1],
      [2, 2, 1],
      [3, 1, 1],
    ],
  );
  assert.is(body?.dry, true);
  assert.match(JSON.stringify(body?.results[1]), /RangeError/);
  assert.equal(counts, [{ type: 'results-sent', count: 4 }]);
});

outbox.run();
