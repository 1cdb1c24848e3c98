/** The numbers of a master's closing line: tasks, those that failed, slaves, and seconds. */

import type { AuditEvent } from '../events.js';
import { countRanges } from '../format/ranges.js';
import { bad, counted, good, type Notice } from './notice.js';

type Counted = Extract<
  AuditEvent,
  { type: 'tasks-submitted' | 'tasks-settled' | 'task-cancelled' | 'task-killed' }
>;

export class Tally {
  slaves = 0;
  #beganMs: number | undefined;
  #tasks = 0;
  #notDone = 0;
  #cancelled = 0;
  #killed = 0;

  begin(timeMs: number): void {
    this.#beganMs ??= timeMs;
  }

  take(event: Counted): void {
    switch (event.type) {
      case 'tasks-submitted':
        for (const { count } of event.algorithms) this.#tasks += count;
        return;
      case 'tasks-settled':
        this.#notDone += countRanges(event.error) + countRanges(event.unrunnable);
        return;
      case 'task-cancelled':
        this.#cancelled++;
        return;
      case 'task-killed':
        this.#killed++;
        return;
      default:
        event satisfies never;
    }
  }

  end(timeMs: number): Notice {
    const failed = this.#notDone - this.#cancelled - this.#killed;
    const seconds = (timeMs - (this.#beganMs ?? timeMs)) / 1000;
    const parts = [
      counted(this.#tasks, 'task'),
      `${failed} failed`,
      ...(this.#cancelled === 0 ? [] : [`${this.#cancelled} cancelled`]),
      ...(this.#killed === 0 ? [] : [`${this.#killed} killed`]),
      counted(this.slaves, 'slave'),
      `${seconds.toFixed(1)} s`,
    ];
    return (failed > 0 ? bad : good)(`ended: ${parts.join(', ')}`);
  }
}
