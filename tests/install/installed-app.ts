/** A folder in which the packed library is installed, with the programs and the tools that the tests run there. */
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { root } from '../docs/read-docs.js';
import { PROGRAMS } from './programs.js';
import { type Ended, emptyFolder, linesOf, packed, run, strangersEnvironment, tool } from './support.js';

export type Command = readonly [string, ...string[]];

export class InstalledApp {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = env;
  }

  static async make(): Promise<InstalledApp> {
    const folder = emptyFolder('app');
    const app = new InstalledApp(folder, await strangersEnvironment(emptyFolder('home')));
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    cpSync(await packed(), join(folder, 'ts-mw.tgz'));
    const { code, stderr } = await app.run(['npm', 'install', './ts-mw.tgz']);
    assert.is(code, 0, stderr);
    const modules = join(folder, 'node_modules');
    symlinkSync(join(root, 'node_modules', 'lmdb'), join(modules, 'lmdb'));
    emptyFolder('app/node_modules/@jest');
    for (const name of ['tsx', 'vitest', '@jest/globals']) {
      const from = tool(name);
      if (from !== undefined) symlinkSync(from, join(modules, name));
    }
    for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);
    return app;
  }

  run(command: Command, cwd = this.folder): Promise<Ended> {
    return run(command, { cwd, env: this.#env });
  }

  /** Asserts that it prints these lines, in whatever order, and ends with 0. */
  async prints(command: Command, expected: readonly string[], cwd = this.folder): Promise<void> {
    const { code, stdout, stderr } = await this.run(command, cwd);
    assert.equal(linesOf(stdout), expected, stderr);
    assert.is(code, 0, stderr);
    assert.not.match(stderr, /uncaught|unhandled/i);
  }
}
