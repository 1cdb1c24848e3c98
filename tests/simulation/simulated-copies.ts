/** The disk of the simulated machine, with copies of shared values: some cannot be made, read, or have other bytes. */

import type { ShareCopy, SharedContent } from '../../src/algorithms/shared.js';
import type { CopyPort } from '../../src/master/model/copy-port.js';
import type { CopyReader } from '../../src/slave/shares/shared-entry.js';
import type { EventLoop } from './event-loop.js';
import type { Scheduler } from './scheduler.js';

const STEP_MS = 3;
const STEP_BYTES = 50_000;
/** Every so many of each has that fault. */
const NOT_MADE = 4;
const NOT_READ = 5;
const OTHER_BYTES = 7;
/** Has a mark: a reader that finds another file there takes none of it. */
const MARKED = 2;

/** Faults come in turn: a seed's chance stays that of its other faults. */
export class SimulatedCopies {
  readonly #scheduler: Scheduler;
  readonly #files = new Map<string, Uint8Array>();
  #made = 0;
  #reads = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** A master's, which is called back on its loop; `flush` follows. */
  portFor(main: () => EventLoop, flush: () => void): CopyPort {
    const wanted = new Map<string, object>();
    const make: CopyPort['make'] = (content, onMade) => {
      const mark = {};
      wanted.set(content.key, mark);
      this.#scheduler.after(STEP_MS, () =>
        main().deliver(() => {
          if (wanted.get(content.key) !== mark) return;
          onMade(++this.#made % NOT_MADE === 0 ? undefined : this.#write(content));
          flush();
        }),
      );
    };
    return { host: 'simulated', leastBytes: STEP_BYTES, make, remove: (key) => void wanted.delete(key) };
  }

  #write(content: SharedContent): ShareCopy {
    const path = `/copies/${this.#made}`;
    // As a shared file's head, which its copy does not have
    const head = content.read(0, this.#made % 2);
    this.#files.set(path, content.read(head.byteLength, content.size));
    const mark = this.#made % MARKED === 0 ? this.#made.toString(16).padStart(32, '0') : undefined;
    return { path, head, mark };
  }

  /** A slave's, which is called back on its loop; `flush` follows. */
  readerFor(main: () => EventLoop, flush: () => void): CopyReader {
    return ({ path, mark }, room, { onRead, onEnd }) => {
      const bytes = this.#files.get(path);
      const read = ++this.#reads;
      const isOther = read % OTHER_BYTES === 0;
      let isStopped = false;
      const step = (at: number): void => {
        this.#scheduler.after(STEP_MS, () =>
          main().deliver(() => {
            if (isStopped) return;
            const isOver = bytes === undefined || at >= room.byteLength;
            if (isOver || (read % NOT_READ === 0 && at > 0)) {
              onEnd(at >= room.byteLength && !(isOther && mark !== undefined));
              flush();
              return;
            }
            const end = Math.min(at + STEP_BYTES, room.byteLength);
            room.set(bytes.subarray(at, end), at);
            if (isOther) room[at] = (room[at] ?? 0) + 1;
            onRead(room.subarray(at, end));
            step(end);
          }),
        );
      };
      step(0);
      return () => {
        isStopped = true;
      };
    };
  }
}
