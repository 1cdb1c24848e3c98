/** hello-world, run as in the README, on both brokers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BROKERS, exampleFile, runWithTwoSlaves } from './run-example.js';

const hello = suite('hello-world');

for (const kind of BROKERS) {
  hello(`it prints ten greetings and nothing else, on ${kind.name}`, async () => {
    const { code, stdout, stderr, trail } = await runWithTwoSlaves(exampleFile('hello-world'), kind);
    const lines = stdout.trimEnd().split('\n').sort();
    const expected = Array.from({ length: 10 }, (_, i) => `Got result from slave: Hello World: Task ${i}`);
    assert.equal(lines, expected, stderr);
    assert.is(stderr, '');
    assert.is(code, 0);
    assert.match(trail, / \[A\] INIT MASTER "default-member-id"\n/);
    assert.match(trail, / \[A\] FINI SHUTDOWN "default-member-id"\n$/);
  });
}

hello.run();
