/** The lines of slaves: cut, made safe, bounded, and shown behind names. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatJson } from '../../src/audit/format/json-format.js';
import { formatText } from '../../src/audit/format/text-format.js';
import {
  ForwardedOutput,
  MOST_BYTES,
  MOST_LINES,
  type OutputStream,
} from '../../src/machines/forwarded-output.js';
import { LineCutter, MOST_LINE_BYTES } from '../../src/machines/line-cutter.js';
import { RecentOutput } from '../../src/machines/recent-output.js';
import { shownLine } from '../../src/machines/shown-line.js';

const test = suite('forwarded output');

function cut(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const cutter = new LineCutter((line) => lines.push(line));
  for (const chunk of chunks) cutter.take(chunk);
  cutter.end();
  cutter.end();
  return lines;
}

test('bytes make the same lines however they come', () => {
  const bytes = Buffer.from('one\n\ntwo über ✓\r\nlast');
  const lines = ['one', '', 'two über ✓\r', 'last'];
  assert.equal(cut([bytes]), lines);
  for (let size = 1; size < 8; size++) {
    const count = Math.ceil(bytes.length / size);
    assert.equal(
      cut(Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))),
      lines,
    );
  }
  assert.equal(cut([Buffer.from('whole\n')]), ['whole']);
});

test('a line that is too long is cut, says so, and takes no more room', () => {
  const [long = '', next] = cut([
    ...Array.from({ length: 300 }, () => Buffer.alloc(1_000, 'x')),
    Buffer.from('\nnext\n'),
  ]);
  assert.is(long, `${'x'.repeat(MOST_LINE_BYTES)}… (${300_000 - MOST_LINE_BYTES} bytes more)`);
  assert.is(next, 'next');
});

test('colours pass and end with their line; nothing else controls the terminal', () => {
  const table: [line: string, shown: string][] = [
    ['plain', 'plain'],
    ['a\tb', 'a\tb'],
    ['\u001b[1;31mred\u001b[0m', '\u001b[1;31mred\u001b[0m\u001b[0m'],
    ['\u001b[38:2::1:2:3mx', '\u001b[38:2::1:2:3mx\u001b[0m'],
    ['\u001b[2Jcleared', '\\u001b[2Jcleared'],
    ['\u001b[10;1Hmoved \u001b[31mred', '\\u001b[10;1Hmoved \u001b[31mred\u001b[0m'],
    ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['\u009b2J\u2028\u0000', '\\u009b2J\\u2028\\u0000'],
    ['ends as on Windows\r', 'ends as on Windows'],
    ['10 %\r50 %\r100 %\r', '100 %'],
    ['\b\b', '\\u0008\\u0008'],
  ];
  for (const [line, shown] of table) assert.is(shownLine(line), shown);
});

/** A terminal that takes everything unless it is full, and a clock by hand. */
function stage() {
  const shown: string[] = [];
  const place = { now: 0, isFull: false };
  const output = new ForwardedOutput({
    write(stream: OutputStream, text) {
      if (place.isFull) return false;
      shown.push(`${stream} ${text}`);
      return true;
    },
    now: () => place.now,
  });
  return { shown, place, output };
}

const print = (count: number, text = 'x'): Buffer => Buffer.from(`${text}\n`.repeat(count));

test('lines of one chunk are written together, behind the name of now', () => {
  const { shown, output } = stage();
  let name = 'LOCAL 0';
  const source = output.source(() => name);
  source.take('stdout', Buffer.from('one\ntw'));
  source.take('stderr', Buffer.from('error\n'));
  name = 'SLAVE-7';
  source.take('stdout', Buffer.from('o\nrest'));
  source.end();
  source.end();
  assert.equal(shown, [
    'stdout LOCAL 0| one\n',
    'stderr LOCAL 0| error\n',
    'stdout SLAVE-7| two\n',
    'stdout SLAVE-7| rest\n',
  ]);
});

test('the last lines of each slave are kept, whatever its name was then, cut and without colours', () => {
  let atMs = 0;
  const recent = new RecentOutput(() => ++atMs);
  const place = { now: 0 };
  const output = new ForwardedOutput({ write: () => true, now: () => place.now, recent });
  let name = 'LOCAL 0';
  const source = output.source(() => name);
  source.take('stdout', Buffer.from('\u001b[31mred\u001b[0m \u001b[2Jend\nhal'));
  name = 'SLAVE-7';
  source.take('stderr', Buffer.from(`${'y'.repeat(60_000)}\n`));
  source.take('stdout', Buffer.from('f\n'));
  const event = { type: 'id-received', sid: 'SLAVE-7' } as const;
  for (const format of [formatText, formatJson])
    source.take('stderr', Buffer.from(`${format(event, 1_790_000_000_000)}\n`));
  source.end();
  assert.equal(recent.find('LOCAL 0'), undefined);
  assert.equal(recent.find('SLAVE-7'), {
    lines: [
      { stream: 'stdout', text: 'red \\u001b[2Jend', atMs: 1 },
      { stream: 'stderr', text: `${'y'.repeat(200)}…`, atMs: 2 },
      { stream: 'stdout', text: 'half', atMs: 3 },
    ],
    leftOut: 0,
  });
  const many = output.source(() => 'SLAVE-8');
  many.take('stdout', print(60));
  assert.equal([recent.find('SLAVE-8')?.lines.length, recent.find('SLAVE-8')?.leftOut], [50, 10]);
  place.now = 1_000;
  many.take('stdout', print(MOST_LINES + 5));
  assert.equal(
    [recent.find('SLAVE-8')?.lines.length, recent.find('SLAVE-8')?.leftOut],
    [50, 60 + MOST_LINES + 5 - 50],
  );
  for (let slave = 0; slave < 199; slave++) output.source(() => `OTHER-${slave}`).take('stderr', print(1));
  assert.equal(
    ['SLAVE-7', 'SLAVE-8', 'OTHER-0'].map((one) => recent.find(one)?.lines.length),
    [undefined, 50, 1],
  );
});

test('a slave has so many lines and bytes in a second, and what is left out is told once', () => {
  const { shown, place, output } = stage();
  const source = output.source(() => 'S');
  source.take('stdout', print(MOST_LINES + 200));
  source.take('stdout', print(50));
  assert.is(shown.join('').split('\n').length - 1, MOST_LINES);
  place.now = 1_000;
  shown.length = 0;
  source.take('stdout', print(1, 'next'));
  assert.equal(shown, ['stdout S| (250 lines left out)\nS| next\n']);

  shown.length = 0;
  source.take('stdout', print(9, 'y'.repeat(MOST_BYTES / 8)));
  assert.is(shown.join('').match(/S\| y+$/gm)?.length, 7);
  output.tellLeftOut();
  output.tellLeftOut();
  assert.is(shown.at(-1), 'stdout S| (2 lines left out)\n');

  const other = output.source(() => 'T');
  other.take('stdout', print(1));
  assert.is(shown.at(-1), 'stdout T| x\n', 'each has its own');
});

test('a stream that takes no more loses lines, not their number', () => {
  const { shown, place, output } = stage();
  const source = output.source(() => 'S');
  place.isFull = true;
  source.take('stdout', print(3));
  output.tellLeftOut();
  source.take('stdout', print(2));
  place.isFull = false;
  place.now = 1_500;
  source.take('stderr', print(1, 'heard'));
  assert.equal(shown, ['stderr S| (5 lines left out)\nS| heard\n']);
  place.isFull = true;
  source.take('stderr', print(1));
  place.isFull = false;
  source.end();
  assert.is(shown.at(-1), 'stderr S| (1 line left out)\n');
});

test.run();
