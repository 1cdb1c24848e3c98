/** A line at the foot of a terminal that others write to as they like, and that may change its size. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FootLine } from '../../../src/cli/watch/foot-line.js';
import { Screen } from '../../support/screen.js';

const test = suite('foot line');

/** A terminal, and a foot line in it whose writes are confirmed at once unless it is stopped. */
class Stage {
  columns = 40;
  rows = 6;
  isStopped = false;
  writes = 0;
  readonly screen = new Screen(this.columns, this.rows);
  readonly #pending: Promise<void>[] = [];
  readonly foot = new FootLine({
    size: () => (this.rows < 4 ? undefined : { columns: this.columns, rows: this.rows }),
    write: (text, done) => {
      this.writes++;
      this.print(text);
      if (!this.isStopped) done();
    },
    writeNow: (text) => this.print(text),
  });

  print(text: string): void {
    this.#pending.push(this.screen.write(text));
  }

  async see(): Promise<{ lines: string[]; foot: string }> {
    await Promise.all(this.#pending);
    return { lines: this.screen.lines(), foot: this.screen.foot() };
  }
}

test('lines of any length scroll above it unbroken, in the middle of a line too, and it goes without a trace', async () => {
  const stage = new Stage();
  const expected: string[] = [];
  stage.print('before\r\npart ');
  for (let number = 0; number < 20; number++) {
    stage.foot.show(`foot ${number}`);
    stage.print(`of ${number}`);
    stage.foot.show(`foot ${number} again`);
    stage.print(`\r\n${'x'.repeat(45)} ${number}\r\npart `);
    expected.push(`part of ${number}`, 'x'.repeat(40), `${'x'.repeat(5)} ${number}`);
    const { lines, foot } = await stage.see();
    assert.is(foot, `foot ${number} again`);
    const above = lines.slice(0, -1).filter((line) => line !== '');
    assert.equal(above, ['before', ...expected, 'part']);
  }
  stage.foot.clear();
  stage.foot.clear();
  stage.print('the end\r\n$ ');
  assert.equal((await stage.see()).lines, ['before', ...expected, 'part the end', '$']);
});

test('it begins in the last row without hiding what stands there, and cuts what is too wide', async () => {
  const stage = new Stage();
  stage.print(Array.from({ length: 9 }, (_, index) => `line ${index}`).join('\r\n'));
  stage.foot.show('w'.repeat(100));
  stage.print(' goes on');
  const { lines, foot } = await stage.see();
  assert.is(foot, 'w'.repeat(40));
  assert.equal(lines.slice(-3), ['line 7', 'line 8 goes on', foot]);
});

test('colours of the program are not those of the line, nor the other way about', async () => {
  const stage = new Stage();
  let written = '';
  const foot = new FootLine({
    size: () => stage,
    write: (text, done) => {
      written += text;
      done();
    },
    writeNow: () => {},
  });
  foot.show('\u001b[31mred\u001b[0m');
  assert.match(written, '\u001b[0m\u001b[31mred\u001b[0m\u001b[0m\u001b[K');
  assert.ok(written.length < 2_048, 'a terminal takes it whole');
});

test('it writes only what is new, waits for a terminal that is stopped, and follows its size', async () => {
  const stage = new Stage();
  stage.foot.show('one');
  stage.foot.show('one');
  assert.is(stage.writes, 1);
  stage.isStopped = true;
  stage.foot.show('two');
  stage.foot.show('three');
  assert.is(stage.writes, 2, 'nothing piles up');

  const other = new Stage();
  other.print('text\r\n');
  other.foot.show('one');
  await other.see();
  other.rows = 10;
  other.screen.resize(40, 10);
  other.foot.show('one');
  assert.is((await other.see()).foot, 'one');
  other.rows = 3;
  const { writes } = other;
  other.foot.show('two');
  assert.is(other.writes, writes, 'there is no room for it');
});

test.run();
