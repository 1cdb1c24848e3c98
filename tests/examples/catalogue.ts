/** An example as docs/manual/examples.md shows it: its command line, and what that prints. */
import assert from 'node:assert/strict';
import { codeBlocks, readDocument } from '../docs/read-docs.js';
import { exampleFile, runWithSlaves, type Surroundings } from './run-example.js';

export interface Documented {
  /** The compiled program. */
  readonly program: string;
  /** Behind `--master --slaves 2`. */
  readonly args: readonly string[];
  readonly output: string;
}

/** The example whose program is examples/`path`.ts: a heading, then a block with `$` and the command. */
export function documented(path: string): Documented {
  const command = `$ node dist/examples/${path}.js --master --slaves 2`;
  const block = codeBlocks(readDocument('docs/manual/examples.md')).find(
    ({ language, code }) => language === 'console' && code.startsWith(command),
  );
  assert(block !== undefined, `docs/manual/examples.md has no ${command}`);
  const [line = '', ...output] = block.code.split('\n');
  const args = line.slice(command.length).trim();
  return { program: exampleFile(path), args: args === '' ? [] : args.split(' '), output: output.join('\n') };
}

/** Runs it, and what it prints must be what the catalogue shows; returns that. */
export async function runAsDocumented(path: string, surroundings?: Surroundings): Promise<string> {
  const { program, args, output } = documented(path);
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, args, surroundings);
  assert.equal(stdout, output, stderr);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}
