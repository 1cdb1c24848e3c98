/** The folders of slaves that were killed, and of those that live. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ShareFolder } from '../../../src/slave/shares/share-folder.js';

const FOLDER = new URL('../../../src/slave/shares/share-folder.js', import.meta.url).href;
/** Says where its file is, and lives until it is killed. */
const SLAVE = `
const { ShareFolder } = await import(${JSON.stringify(FOLDER)});
const path = new ShareFolder().write('a key', 'file.txt', Buffer.from('text'));
process.stdout.write(path + '\\n');
setInterval(() => {}, 60_000);
`;

const test = suite('slave/share-folder');
const place = mkdtempSync(join(tmpdir(), 'share-folder-'));
const usual = process.env.TMPDIR;
const running = new Set<number>();
test.before(() => {
  process.env.TMPDIR = place;
});
test.after(() => {
  for (const pid of running) process.kill(pid, 'SIGKILL');
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  rmSync(place, { recursive: true });
});

interface Slave {
  readonly path: string;
  readonly kill: () => Promise<void>;
}

async function startSlave(): Promise<Slave> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SLAVE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = child.pid as number;
  running.add(pid);
  const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    running.delete(pid);
  };
  return { path: text.trim(), kill };
}

const folderOf = ({ path }: Slave): string => dirname(dirname(path));

test('the folder of a slave that was killed goes with the next one that is made, and others stay', async () => {
  const killed = await startSlave();
  const living = await startSlave();
  assert.is(readFileSync(killed.path, 'utf8'), 'text');
  await killed.kill();
  assert.ok(existsSync(killed.path), 'nothing ran at its end');
  const beingMade = join(place, 'ts-mw-slave-being-made');
  mkdirSync(beingMade);
  const odd = join(place, 'ts-mw-slave-odd');
  writeFileSync(odd, 'a file');
  const folder = new ShareFolder();
  const path = folder.write('a key', 'other.txt', Buffer.from('other'));
  assert.equal([killed, living].map(folderOf).map(existsSync), [false, true]);
  assert.equal([beingMade, odd, path, living.path].map(existsSync), [true, true, true, true]);
  folder.close();
  assert.not(existsSync(dirname(dirname(path))));
  await living.kill();
});

test.run();
