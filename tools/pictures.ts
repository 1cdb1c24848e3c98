/**
 * Makes docs/pictures/terminal.svg, which the README shows: an example in a terminal of 80 columns, while one of its
 * two slaves is killed. Linux only.
 */
import { writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anonymous } from './pictures/anonymous.js';
import { descendants } from './pictures/descendants.js';
import { recordTerminal } from './pictures/record-terminal.js';
import { terminalPicture } from './pictures/terminal-picture.js';
import { screenLines } from './pictures/terminal-screen.js';

const root = join(fileURLToPath(import.meta.url), '../../..');
const FILE = join(root, 'docs', 'pictures', 'terminal.svg');
const COLUMNS = 80;
const COMMAND = 'node monte-carlo-pi.js --master --slaves 2';
/** One notice for both slaves, or one for each. */
const JOINED = /joined .*SLAVE-1|SLAVE-1 joined/;
const LOST = /SLAVE-\d lost/;

let isKilled = false;

/** Once both slaves are there one of them dies: the picture is about what happens then. */
function killSlave(output: string, pid: number): void {
  if (isKilled || !JOINED.test(output)) return;
  isKilled = true;
  const slaves = descendants(pid).filter(({ argv }) => argv.includes('--slave'));
  const [slave] = slaves;
  if (slave === undefined)
    throw new Error('the slaves have joined, and none is among the processes of the master');
  process.kill(slave.pid, 'SIGKILL');
}

const output = await recordTerminal({
  command: COMMAND,
  // Examples print the path by which they were started
  folder: join(root, 'dist', 'examples'),
  columns: COLUMNS,
  rows: 24,
  timeoutMs: 60_000,
  onOutput: killSlave,
});
if (!LOST.test(output)) throw new Error(`no slave was lost:\n${output}`);

const shown = anonymous(output, { hostName: hostname(), folders: [root, homedir()] });
const lines = screenLines(`\x1b[1m$ ${COMMAND}\x1b[0m\r\n${shown}`, COLUMNS);
const description = lines.map((spans) => spans.map(({ text }) => text).join('')).join('\n');
writeFileSync(FILE, terminalPicture({ lines, columns: COLUMNS, title: 'monte-carlo-pi', description }));
console.log(description);
