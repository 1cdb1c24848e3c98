/** The screen of a terminal after it has taken some text: an emulator, since control characters say little to a reader. */
import xterm from '@xterm/headless';

export class Screen {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  }

  write(text: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** All lines, those that have scrolled away too, without the blank ones at the end. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => this.#line(row));
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** The last row. */
  foot(): string {
    return this.#line(this.#terminal.buffer.active.baseY + this.#terminal.rows - 1);
  }

  #line(row: number): string {
    return this.#terminal.buffer.active.getLine(row)?.translateToString(true).trimEnd() ?? '';
  }
}
