/** The terminal picture: what a terminal shows of a program's output, and what the drawing keeps of it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { anonymous } from '../../tools/pictures/anonymous.js';
import { descendants } from '../../tools/pictures/descendants.js';
import { recordTerminal } from '../../tools/pictures/record-terminal.js';
import { terminalPicture } from '../../tools/pictures/terminal-picture.js';
import { screenLines } from '../../tools/pictures/terminal-screen.js';
import { readDocument, root } from '../docs/read-docs.js';
import { PATIENCE } from '../support/patience.js';
import { until } from '../support/programs.js';

const PICTURES = join(root, 'docs', 'pictures');

const pictures = suite('pictures');

const texts = (output: string, columns = 80): string[] =>
  screenLines(output, columns).map((spans) =>
    spans.reduce((line, { column, text }) => line.padEnd(column) + text, ''),
  );

for (const [title, output, lines] of [
  ['lines end as in a terminal', 'one\r\ntwo\r\n', ['one', 'two']],
  ['an empty line between others stays', 'one\r\n\r\ntwo', ['one', '', 'two']],
  ['empty lines at the end are left out', 'one\r\n\r\n\r\n', ['one']],
  ['a line feed alone goes down and not back', 'one\nx', ['one', '   x']],
  ['a line that is written again replaces the first', '10 %\r\u001b[K9 %\r\n', ['9 %']],
  ['what is not written over stays', 'abcde\rxy', ['xycde']],
  ['a long line goes on below', 'abcdefgh', ['abcde', 'fgh']],
  ['a line as long as the terminal needs one row', 'abcde\r\nf', ['abcde', 'f']],
  ['a backspace goes one back', 'ax\bb', ['ab']],
  ['a tab goes to the next stop, or to the last column', 'a\tb', ['a   b']],
  ['sequences that draw nothing are left out', '\u001b[?25l\u001b=a\u001b[2Jb', ['ab']],
  ['blanks at the end are left out', 'ab  ', ['ab']],
] as const) {
  pictures(title, () => assert.equal(texts(output, 5), lines));
}

pictures('spans have the colours and weights that the sequences set', () => {
  const [line] = screenLines('\u001b[2mmw\u001b[0m \u001b[1;31mbad\u001b[39m\u001b[22m x\u001b[96my', 80);
  assert.equal(
    line?.map(({ column, text, style }) => ({ column, text, ...style })),
    [
      { column: 0, text: 'mw', dim: true },
      { column: 2, text: ' ' },
      { column: 3, text: 'bad', bold: true, colour: 31 },
      { column: 6, text: ' x', bold: false, dim: false },
      { column: 8, text: 'y', bold: false, dim: false, colour: 96 },
    ],
  );
});

pictures('numbers of a colour out of 256 are not taken for other settings', () => {
  const [line] = screenLines('\u001b[38;5;31;1ma\u001b[0;48;2;31;31;31mb', 80);
  assert.equal(
    line?.map(({ style }) => style),
    [{ bold: true }, {}],
  );
});

const draw = (output: string, columns = 10): string =>
  terminalPicture({ lines: screenLines(output, columns), columns, title: 'a & b', description: '<c>' });

pictures('each span is drawn in its place, as wide as its columns, in its colour', () => {
  const drawn = Array.from(
    draw('\u001b[31mab\u001b[0m c\r\n d').matchAll(
      /<text x="([\d.]+)" y="(\d+)" textLength="([\d.]+)" .*fill="(#\w+)">(.*)<\/text>/g,
    ),
    (match) => match.slice(1),
  );
  assert.equal(drawn, [
    ['16', '60', '16.8', '#ff7b72', 'ab'],
    ['32.8', '60', '16.8', '#e6edf3', '\u00a0c'],
    ['16', '79', '16.8', '#e6edf3', '\u00a0d'],
  ]);
});

pictures('a picture is well-formed XML, whatever the program printed', () => {
  const picture = draw('a < b && c > "d"');
  assert.match(picture, /<title id="title">a &amp; b<\/title>/);
  assert.match(picture, /<desc id="description">&lt;c&gt;<\/desc>/);
  assert.match(picture, /a\u00a0&lt;\u00a0b\u00a0&amp;&amp;\u00a0/);
  assert.not.match(picture.replace(/&(amp|lt|gt|quot);/g, ''), /&/);
});

pictures('a longer output makes a higher picture, and a wider terminal a wider one', () => {
  const sizes = (picture: string): number[] =>
    (/width="(\d+)" height="(\d+)"/.exec(picture)?.slice(1) ?? []).map(Number);
  const [width = 0, height = 0] = sizes(draw('a'));
  assert.equal(sizes(draw('a\r\nb')), [width, height + 19]);
  assert.ok((sizes(draw('a', 20))[0] ?? 0) > width);
});

pictures("the host's name is replaced, and not inside other words", () => {
  const machine = { hostName: 'vm', folders: [] };
  assert.is(anonymous('on vm\r\n(vm) vmx vm-2 x.vm', machine), 'on node-1\r\n(node-1) vmx vm-2 x.vm');
  assert.is(anonymous('a.b axb', { hostName: 'a.b', folders: [] }), 'node-1 axb');
});

pictures('a folder of the machine is refused', () => {
  const machine = { hostName: 'vm', folders: ['/', '/home/somebody'] };
  assert.is(anonymous('a/b', machine), 'a/b');
  assert.throws(
    () => anonymous('node /home/somebody/x.js', machine),
    /^the program printed the folder \/home\/somebody;/,
  );
});

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const record = (command: string, onOutput?: (output: string, pid: number) => void): Promise<string> =>
  recordTerminal({
    command,
    folder: root,
    columns: 37,
    rows: 5,
    timeoutMs: 20_000 * PATIENCE,
    ...(onOutput && { onOutput }),
  });

if (hasScript) {
  pictures('a recorded command has a terminal of that size, with colours', async () => {
    const program =
      'const { columns, rows } = process.stdout; console.log(JSON.stringify([columns, rows, process.stdout.getColorDepth()]))';
    const before = process.env.CI;
    process.env.CI = 'true';
    try {
      assert.is(await record(`node -e '${program}'`), '[37,5,8]\r\n');
    } finally {
      if (before === undefined) delete process.env.CI;
      else process.env.CI = before;
    }
  });

  pictures('a recorded command that fails is an error with its output', async () => {
    const error = await record(`sh -c 'echo no; exit 3'`).catch((error: unknown) => error);
    assert.match(String(error), /ended with 3:\nno/);
  });

  pictures('nothing is left of a command whose recording fails', async () => {
    let running: number[] = [];
    const error = await record(`sh -c "trap '' HUP; sleep 100 & echo on; wait"`, (_, pid) => {
      running = descendants(pid).map(({ pid }) => pid);
      throw new Error('seen enough');
    }).catch((error: unknown) => error);
    assert.match(String(error), /seen enough/);
    assert.ok(running.length >= 2, 'the shell and its sleep were found');
    await until('all are gone', () => !running.some(isRunning));
  });
}

/** A process that was killed and that nobody waits for is not running. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

pictures('every picture is drawn, and shown in the README or the architecture', () => {
  const files = readdirSync(PICTURES);
  assert.ok(files.length >= 2);
  const shown = readDocument('README.md') + readDocument('docs/architecture.md');
  for (const file of files) {
    assert.ok(shown.includes(`pictures/${file})`), `${file} is shown`);
    assert.match(readFileSync(join(PICTURES, file), 'utf8'), /^<svg [^>]*viewBox=.*<\/svg>\n$/s, file);
  }
});

pictures('the picture of a terminal tells a loss, and nothing of the machine where it was made', () => {
  const picture = readFileSync(join(PICTURES, 'terminal.svg'), 'utf8');
  const text = /<desc[^>]*>(.*)<\/desc>/s.exec(picture)?.[1] ?? '';
  assert.match(text, /SLAVE-\d lost: process ended by SIGKILL\n/);
  assert.match(text, /\npi is about 3\.14\d+\n/);
  const hosts = Array.from(text.matchAll(/SLAVE-.* on ([\w.-]+)/g), ([, host]) => host);
  assert.equal([...new Set(hosts)], ['node-1']);
  assert.not.match(text, /(?<![\w.:/])\/\w/, 'no path of a folder');
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

pictures.run();
