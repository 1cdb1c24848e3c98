/**
 * Events on their way to a main that may be busy for hours: limited, because only the newest news matters.
 */

import type { SentinelEvent } from '../ports.js';

/** Keeps the order of arrival; an event that replaces an older one goes to the end. */
export class EventQueue {
  readonly #events = new Map<string, SentinelEvent>();
  #counter = 0;

  get size(): number {
    return this.#events.size;
  }

  push(event: SentinelEvent): void {
    const key = this.#keyOf(event);
    this.#events.delete(key);
    this.#events.set(key, event);
  }

  take(): SentinelEvent[] {
    const events = [...this.#events.values()];
    this.#events.clear();
    return events;
  }

  /** Events with a key describe a current state; the others each happen once. */
  #keyOf(event: SentinelEvent): string {
    switch (event.type) {
      case 'beat':
      // A later message has all that waits of earlier ones, or makes them come again
      case 'offers':
      // Once per session, even if a lying slave repeats it.
      case 'overdue':
      case 'bye':
        return `${event.type} ${event.nonce}`;
      case 'other-master':
        return event.type;
      case 'suspect':
      case 'cleared':
        return `suspicion ${event.nonce}`;
      case 'link':
        return 'link';
      case 'warning':
        return `warning ${event.text}`;
      default:
        this.#counter += 1;
        return String(this.#counter);
    }
  }
}
