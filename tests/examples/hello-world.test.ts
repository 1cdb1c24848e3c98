/** hello-world, run as in the README, on both brokers. */
import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';
import { documented } from './catalogue.js';
import { BROKERS, runWithSlaves } from './run-example.js';

const hello = suiteInTurns('hello-world');
const { program, output } = documented('hello-world');

for (const [index, kind] of BROKERS.entries()) {
  hello.oneIn(2, index, `it prints ten greetings and nothing else, on ${kind.name}`, async () => {
    const { code, stdout, stderr, trail } = await runWithSlaves(program, kind);
    const sorted = (text: string): string[] => text.split('\n').sort();
    assert.equal(sorted(stdout), sorted(output), stderr);
    assert.is(stderr, '');
    assert.is(code, 0);
    assert.match(trail, / \[A\] INIT MASTER "default-member-id"\n/);
    assert.match(trail, / \[A\] FINI SHUTDOWN "default-member-id"\n$/);
  });
}

hello.run();
