/** Owns the audit trails without a destination: a silent one, and one that keeps its events for tests. */
import { type AuditTrail, Listeners } from './audit-trail.js';
import type { AuditEvent, AuditEventOf, AuditEventType } from './events.js';
import { formatText, type TrailEntry } from './format/text-format.js';

/** Takes every event and does nothing. */
export const silentAudit: AuditTrail = Object.freeze({
  emit() {},
  onEvent: () => () => {},
  flush: async () => {},
  flushSync() {},
  reopen() {},
  close: async () => {},
});

/** A trail that only tells its listeners. */
export function createListenedTrail(clock: () => number = Date.now): AuditTrail {
  const listeners: Listeners = new Listeners((event) => listeners.tell(event, clock()));
  return {
    ...silentAudit,
    emit: (event) => listeners.tell(event, clock()),
    onEvent: (listener) => listeners.add(listener),
  };
}

/** A trail that keeps all its events; it grows without bound. */
export interface MemoryTrail extends AuditTrail {
  readonly entries: readonly TrailEntry[];
  readonly events: readonly AuditEvent[];
  /** The events as the text form has them, time stamps left out. */
  lines(): string[];
  /** The kept events of one type. */
  ofType<T extends AuditEventType>(type: T): AuditEventOf<T>[];
  /** Resolves with the first event, kept or to come, that `matches`; rejects after `limitMs` with the lines so far. */
  waitFor(matches: (event: AuditEvent) => boolean, limitMs?: number): Promise<AuditEvent>;
}

const PREFIX_LENGTH = 'MM/DD/YYYY HH:MM:SS [A] '.length;

export function createMemoryTrail(clock: () => number = Date.now): MemoryTrail {
  const entries: TrailEntry[] = [];
  const events: AuditEvent[] = [];
  const keep = (event: AuditEvent, timeMs: number) => {
    entries.push({ timeMs, event });
    events.push(event);
  };
  const listeners = new Listeners((event) => keep(event, clock()));
  const lines = () => entries.map(({ event, timeMs }) => formatText(event, timeMs).slice(PREFIX_LENGTH));

  return {
    ...silentAudit,
    entries,
    events,
    lines,
    emit(event) {
      const timeMs = clock();
      keep(event, timeMs);
      listeners.tell(event, timeMs);
    },
    onEvent: (listener) => listeners.add(listener),
    ofType: <T extends AuditEventType>(type: T) =>
      events.filter((event) => event.type === type) as unknown as AuditEventOf<T>[],
    waitFor(matches, limitMs = 10_000) {
      const kept = events.find(matches);
      if (kept !== undefined) return Promise.resolve(kept);
      return new Promise((resolve, reject) => {
        const stop = listeners.add((event) => {
          if (!matches(event)) return;
          clearTimeout(limit);
          stop();
          resolve(event);
        });
        const limit = setTimeout(() => {
          stop();
          reject(new Error(`no such audit event within ${limitMs} ms; so far:\n${lines().join('\n')}`));
        }, limitMs);
      });
    },
  };
}
