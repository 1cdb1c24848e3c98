/** Commands that survive loss and repetition: the sender repeats each one, the receiver runs it once. */

import type { Acknowledgement, Command } from '../../wire/messages/messages.js';

const FIRST_REPEAT_MS = 200;
const REPEAT_MS = 1_000;

interface Pending {
  readonly id: number;
  readonly body: Command;
  dueAt: number;
  waitMs: number;
}

/** Commands sent to one peer and not acknowledged yet. */
export class CommandOutbox {
  readonly #pending = new Map<number, Pending>();

  add(id: number, body: Command, now: number): void {
    this.#pending.set(id, { id, body, dueAt: now, waitMs: FIRST_REPEAT_MS });
  }

  /** False if the command was acknowledged before, or never sent. */
  acknowledge(id: number): boolean {
    return this.#pending.delete(id);
  }

  /** When the next command is due; Infinity without one. */
  get dueAt(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#pending.values()) first = Math.min(first, dueAt);
    return first;
  }

  /** Commands to send now; each is due again later. */
  *due(now: number): Iterable<{ readonly id: number; readonly body: Command }> {
    for (const command of this.#pending.values()) {
      if (command.dueAt > now) continue;
      yield command;
      command.dueAt = now + command.waitMs;
      command.waitMs = REPEAT_MS;
    }
  }
}

/** The content of an acknowledgement, apart from the id. */
export type CommandOutcome = Pick<Acknowledgement, 'from' | 'found'>;

/**
 * After this number of later commands, a command cannot be repeated any more, and a repeat gets no answer.
 */
const REMEMBERED = 1_024;

/** The executed commands of one session, with their answers. */
export class CommandInbox {
  readonly #outcomes = new Map<number, CommandOutcome>();
  #forgotten = -1;

  /** Runs a command the first time its id is seen; undefined means that no answer is due. */
  once(id: number, run: () => CommandOutcome): CommandOutcome | undefined {
    const earlier = this.#outcomes.get(id);
    if (earlier) return earlier;
    if (id <= this.#forgotten) return undefined;
    const outcome = run();
    this.#outcomes.set(id, outcome);
    if (this.#outcomes.size > REMEMBERED) this.#forgetOldest();
    return outcome;
  }

  #forgetOldest(): void {
    const oldest = this.#outcomes.keys().next().value;
    if (oldest === undefined) return;
    this.#outcomes.delete(oldest);
    this.#forgotten = Math.max(this.#forgotten, oldest);
  }
}
