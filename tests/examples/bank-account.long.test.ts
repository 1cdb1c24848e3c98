/** bank-account: a slave is killed in the middle, and no money is lost or made. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suite('bank-account');
const { program, args, output } = documented('bank-account');

/** Which slave came first, and what had been answered when it died, is not the same in each run. */
const comparable = (text: string): string =>
  text
    .replace(/SLAVE-\d+/g, 'SLAVE-N')
    .replace(/^branch \d opens on SLAVE-N\n/gm, '')
    .replace(/branch \d/g, 'branch N')
    .replace(/\d+ made, \d+ refused/, 'M made, R refused')
    .replace(/^[1-9]\d* orders/m, 'N orders');

test('a branch that is killed comes back with every account as it should be', async () => {
  const { code, stdout, stderr, trail } = await runWithSlaves(program, undefined, args);
  assert.is(comparable(stdout), comparable(output), stderr);
  assert.is(stderr, '');
  assert.is(code, 0);
  assert.is(stdout.match(/^branch \d opens on SLAVE-\d+$/gm)?.length, 3, stdout);
  assert.match(trail, /LOCAL \d EXITED pid \d+ .*SIGKILL/);
});

test('a branch that is killed after the last transfer is opened again to be counted', async () => {
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, [
    ...['--transfers', '1', '--kill-after', '1'],
  ]);
  assert.match(
    stdout,
    /^there are 2000 in the bank, and should be 2000\n.* agree on every account$/m,
    stderr,
  );
  assert.is(stdout.match(/^branch \d opens on SLAVE-\d+$/gm)?.length, 3, stdout);
  assert.is(code, 0, stderr);
});

test('without a death nothing has to be given again', async () => {
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, [
    ...['--transfers', '200', '--kill-after', '0'],
  ]);
  const [, made, refused] = /^200 transfers: (\d+) made, (\d+) refused$/m.exec(stdout) ?? [];
  assert.is(Number(made) + Number(refused), 200, stdout + stderr);
  assert.ok(!/lost|given again/.test(stdout), stdout);
  assert.is(code, 0);
});

test.run();
