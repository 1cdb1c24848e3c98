/** Two masters and one resource file: one after the other, side by side, and one that finds its file taken. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEvent, FlagError, master } from 'ts-mw';
import * as assert from 'uvu/assert';
import { square } from '../programs/algorithms.js';
import { overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('two masters, one resource file');

function read(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

/** The warnings about the file among the events that the listener hears. */
function warnings(): { readonly texts: string[]; readonly onAudit: (event: AuditEvent) => void } {
  const texts: string[] = [];
  const onAudit = (event: AuditEvent): void => {
    if (event.type === 'warning' && event.text.startsWith('--resource-file')) texts.push(event.text);
  };
  return { texts, onAudit };
}

overEachBroker(
  test,
  'the second is refused while the first lives, and changes nothing',
  async ({ flags, args }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const first = await master({ ...flags, memberId: 'first', resourceFile: file });
    try {
      const before = readFileSync(file, 'utf8');
      const second = start('lives.js', ['--master', '--resource-file', file, ...args, '--', 'squares', '1']);
      assert.is(await second.code(), 255, second.report());
      const { run, pid } = { run: read(file)['run-id'], pid: process.pid };
      const told = second.matches(/^--resource-file: .*$/).map(([line]) => line);
      assert.is(told.length, 1, second.report());
      assert.match(told[0] ?? '', `${file} belongs to run ${run} of member "first" (pid ${pid} on `);
      assert.match(
        told[0] ?? '',
        /which is alive \(it answered at .*; stop that one, or type --resource-file /,
      );
      assert.is(second.count(/^ +at /), 0);
      assert.is(readFileSync(file, 'utf8'), before);
      const slave = start('worker.js', ['--slave', '--resource-file', file]);
      assert.is(await first.run(() => square.future(3)), 9, 'slaves find the first');
      await first.stop();
      assert.is(await slave.code(), 0, slave.report());
      assert.equal([read(file)['run-id'], read(file)['computation-status']], [run, 'finished']);
      assert.equal(readdirSync(folder), ['m.rsc']);
    } finally {
      await first.stop();
    }
  },
);

overEachBrokerAtLength(
  test,
  'a master that was killed loses it without a word, one that is frozen keeps it',
  async ({ flags, args }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const old = start('lives.js', [
      ...['--master', '--member-id', 'old', '--resource-file', file, ...args],
      ...['--', 'squares', '1'],
    ]);
    await old.waitForLine(/RESFILE Generated/);
    old.kill('SIGSTOP');
    try {
      await assertRefused(master({ ...flags, resourceFile: file }), /its process runs, and /);
    } finally {
      old.kill('SIGKILL');
    }
    await old.ended();
    assert.is(read(file)['computation-status'], 'in-progress');
    const { texts, onAudit } = warnings();
    const next = await master({ ...flags, resourceFile: file, onAudit });
    const slave = start('worker.js', ['--slave', '--resource-file', file]);
    assert.is(await next.run(() => square.future(3)), 9);
    await next.stop();
    assert.is(await slave.code(), 0, slave.report());
    assert.equal(texts, []);
    assert.is(read(file)['computation-status'], 'finished');
  },
);

test.long('of two that start at once one has it, and the other is told so', () =>
  withPrograms(async ({ folder }) => {
    for (let round = 0; round < 5; round++) {
      const file = join(folder, `${round}.rsc`);
      const both = await Promise.allSettled([master({ resourceFile: file }), master({ resourceFile: file })]);
      const won = both.filter((one) => one.status === 'fulfilled');
      const lost = both.filter((one) => one.status === 'rejected');
      for (const { value } of won) await value.stop();
      assert.equal([won.length, lost.length], [1, 1]);
      assert.instance(lost[0]?.reason, FlagError);
      assert.is(read(file)['computation-status'], 'finished');
    }
  }),
);

test('one that finds its file taken warns once, and leaves it at its updates and at its end', () =>
  withPrograms(async ({ folder }) => {
    const file = join(folder, 'm.rsc');
    const { texts, onAudit } = warnings();
    const updated: string[] = [];
    const first = await master({
      resourceFile: file,
      resourceFileUpdateInterval: 0.05,
      onAudit: (event) => {
        onAudit(event);
        if (event.type === 'resource-file-written') updated.push(event.path);
      },
    });
    try {
      await until('it is written again', () => updated.length > 2);
      const taken = `${JSON.stringify({ ...read(file), 'run-id': 'another', 'member-id': 'x' })}\n`;
      // A write may be under way
      await until('it is seen', () => {
        if (texts.length === 0) {
          // Whole at any time, as masters write it
          writeFileSync(`${file}.other`, taken);
          renameSync(`${file}.other`, file);
        }
        return texts.length > 0;
      });
    } finally {
      await first.stop();
    }
    assert.is(texts.length, 1);
    assert.match(
      texts[0] ?? '',
      /was taken by run another of member "x" \(pid \d+ on .*\) and is left alone/,
    );
    assert.equal([read(file)['run-id'], read(file)['computation-status']], ['another', 'in-progress']);
  }));

test.long('a run of which nobody can tell, and what is no resource file, are replaced with a warning', () =>
  withPrograms(async ({ folder }) => {
    const file = join(folder, 'm.rsc');
    const gone = await master({ resourceFile: file });
    const saved = read(file);
    await gone.stop();
    const elsewhere = { ...saved, 'master-process': { host: 'another.example', pid: 7 } };
    const { 'master-process': _, ...old } = saved;
    for (const [text, said] of [
      [JSON.stringify(elsewhere), /pid 7 on another\.example\), which may still be alive \(nothing listens/],
      [JSON.stringify(old), /of member "default-member-id", which may still be alive \(nothing listens/],
      ['rubbish', /is not JSON; it is replaced/],
    ] as const) {
      writeFileSync(file, text);
      const { texts, onAudit } = warnings();
      const next = await master({ resourceFile: file, onAudit });
      await next.stop();
      assert.is(texts.length, 1, texts.join('\n'));
      assert.match(texts[0] ?? '', said);
      assert.is(read(file)['computation-status'], 'finished');
    }
  }),
);

test.long('slaves in between end with the run that is over, or join the next', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'm.rsc');
    const first = await master({ resourceFile: file });
    const early = start('worker.js', ['--slave', '--resource-file', file]);
    assert.is(await first.run(() => square.future(2)), 4);
    await first.stop();
    const between = start('worker.js', ['--slave', '--resource-file', file]);
    for (const slave of [early, between]) assert.is(await slave.code(), 0, slave.report());
    const { texts, onAudit } = warnings();
    const second = await master({ resourceFile: file, onAudit });
    const late = start('worker.js', ['--slave', '--resource-file', file]);
    assert.is(await second.run(() => square.future(3)), 9);
    await second.stop();
    assert.is(await late.code(), 0, late.report());
    assert.equal(texts, []);
  }),
);

async function assertRefused(starting: ReturnType<typeof master>, why: RegExp): Promise<void> {
  const outcome = await starting.then(
    async (started) => {
      await started.stop();
      return 'it was started';
    },
    (error: unknown) => error,
  );
  assert.instance(outcome, FlagError);
  assert.match((outcome as FlagError).message, why);
}

test.run();
