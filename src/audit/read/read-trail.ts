/** Reads an audit trail, in either form, back into its events. */
import { createReadStream } from 'node:fs';
import { parseJson } from '../format/json-format.js';
import { parseText, type TrailEntry } from '../format/text-format.js';

/** We never write longer lines; a longer text has no line ends at all. */
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * The events of a trail, in its order, to be iterated once. Forms may be mixed. All other lines (of other
 * programs, or events of other versions) are counted in `foreign`. A last line without its end may be cut in
 * the middle of a number, so it is never read, and `torn` reports it.
 */
export class TrailReader implements AsyncIterable<TrailEntry> {
  readonly #source: AsyncIterable<Uint8Array | string>;
  foreign = 0;
  torn = false;

  constructor(source: AsyncIterable<Uint8Array | string>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrailEntry, void, undefined> {
    const decoder = new TextDecoder();
    let rest = '';
    let skipping = false;
    for await (const bytes of this.#source) {
      const text = typeof bytes === 'string' ? bytes : decoder.decode(bytes, { stream: true });
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const entry = skipping ? undefined : parseLine(line);
        skipping = false;
        if (entry === undefined) this.foreign++;
        else yield entry;
      }
      if (rest.length > LONGEST_LINE) {
        rest = '';
        skipping = true;
      }
    }
    this.torn = rest !== '' || skipping;
  }
}

/** Reads the trail in a file; a file that cannot be read is the iteration's error. */
export function readTrailFile(path: string): TrailReader {
  return new TrailReader(createReadStream(path));
}

function parseLine(line: string): TrailEntry | undefined {
  return line.startsWith('{') ? parseJson(line) : parseText(line);
}
