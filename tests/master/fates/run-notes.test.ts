/** With `--audit-runs`, each run that has ended has its place in a line, whatever its end. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRunList, runListTexts } from '../../../src/audit/format/run-list.js';
import { formatText } from '../../../src/audit/format/text-format.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { createEntry, createSlave, Parts } from '../parts.js';

const test = suite('master/run notes');

function told(parts: Parts): string[] {
  return parts.events
    .filter(({ type }) => type === 'runs-ended')
    .map((event) => formatText(event, 0).replace(/^.*? \[A\] /, ''));
}

test('results tell the time and outcome of each run, and nothing without the flag', () => {
  for (const auditRuns of [true, false]) {
    const parts = new Parts({ taskGroup: 8, auditRuns });
    const [slave] = parts.slaves as [SlaveRecord];
    const hello = createEntry('hello');
    parts.submit(2, hello);
    parts.submit(1, createEntry('other'));
    parts.submit(3, hello, { retryErrors: true });
    const [unwanted] = parts.submit(1, hello) as [Task];
    parts.dispatch();
    parts.results(slave, 0, [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    parts.error(slave, 0, 4, 1, 0, 70);
    parts.timeout(slave, 0, 5, 1);
    parts.settlement.giveUp(unwanted, 'cancelled', 'test');
    parts.results(slave, 0, [[6, 1]]);
    parts.dispatch();
    parts.results(slave, 0, [[4, 2]]);
    const expected = [
      'SLAVE-0 RAN "hello" 0=1000,1=1000 us',
      'SLAVE-0 RAN "other" 2=1000 us',
      'SLAVE-0 RAN "hello" 3=1000 us',
      'SLAVE-0 RAN "hello" 4=70:error us',
      'SLAVE-0 RAN "hello" 5=1000:timeout us',
      'SLAVE-0 RAN 6=1000:ignored us',
      'SLAVE-0 RAN "hello" 4#2=1000 us',
    ];
    assert.equal(told(parts), auditRuns ? expected : []);
  }
});

test('what had likely begun at a lost slave is lost, since its last results', () => {
  const parts = new Parts({ slaves: 0, taskGroup: 6, auditRuns: true });
  const slave = createSlave(0, 2);
  parts.slaves.push(slave);
  parts.submit(6, createEntry('slow', 1));
  parts.dispatch(0);
  parts.results(slave, 0, [[0, 1]], false, 1_000, 100);
  parts.lose(slave, { farewell: { running: [1, 2], begun: 3, sent: 9 }, now: 350 });
  assert.equal(told(parts), [
    'SLAVE-0 RAN "slow" 0=1000 us',
    'SLAVE-0 RAN "slow" 1=250000:lost,2=250000:lost us',
  ]);
});

test('a list is read as it was written, over several lines if it is long, and nothing else is read', () => {
  const runs = Array.from({ length: 1_000 }, (_, task) => ({
    task,
    attempt: 1 + (task % 3),
    micros: task * 977,
    outcome: (['ok', 'error', 'timeout', 'lost', 'ignored'] as const)[task % 5] ?? 'ok',
  }));
  const texts = runListTexts(runs, 300);
  assert.ok(texts.every(({ length }) => length <= 300));
  assert.equal(
    texts.flatMap((text) => parseRunList(text)),
    runs,
  );
  for (const wrong of [
    '',
    '1',
    '1=',
    '=1',
    '1=2:',
    '1=2:late',
    '1#=2',
    '1=2,',
    '1=2 3=4',
    `1=${'9'.repeat(17)}`,
  ])
    assert.is(parseRunList(wrong), undefined, wrong);
});

test.run();
