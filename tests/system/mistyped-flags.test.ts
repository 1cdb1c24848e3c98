/** A flag that is nearly ours, from the command line to the line that says why nothing happens. */
import * as assert from 'uvu/assert';
import { withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('mistyped flags');

test('a master that waits for slaves names the flag that was likely meant', () =>
  withPrograms(async ({ start }) => {
    const told = '--slavez is not a flag of ts-mw and goes to the program; did you mean --slaves\\?';
    const master = start('lives.js', ['squares', '3', '--master', '--slavez', '4']);
    await master.waitForLine(/WAITING for slaves: 3 tasks queued/);
    assert.is(master.count(new RegExp(`WARNING ${told}$`)), 1, master.report());
    assert.is(master.count(new RegExp(`WAITING .* start some with .*; ${told}$`)), 1, master.report());
    master.kill('SIGTERM');
    assert.is(await master.code(), 143, master.report());
    assert.is(master.count(new RegExp(`WARNING ${told}$`)), 2, `again at the end: ${master.report()}`);
  }));

test.long('the local slaves of a master do not ask again', () =>
  withPrograms(async ({ start }) => {
    const master = start('lives.js', ['squares', '3', '--master', '--slaves', '1', '--checkpiont', 'd']);
    assert.is(await master.code(), 0, master.report());
    assert.is(master.count(/did you mean --checkpoint/), 2, master.report());
  }),
);

test.run();
