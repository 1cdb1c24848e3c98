/**
 * The machines on which the master starts slaves, as they move from one state to the next: also those that no slave has
 * joined from. At most 500 are kept; of more, those that are gone or given up make room first.
 */

import type { AuditEvent, AuditEventOf } from '../../audit/events.js';

export interface MachineLife {
  readonly name: string;
  /** As the event `machine-state` has it. */
  state: string;
  sinceMs: number;
  /** Of its last failure; empty if it has none, or works again. */
  reason: string;
  /** When it is tried again; undefined if that is not planned. */
  againMs: number | undefined;
  /** As it described itself, once it was reached. */
  facts: Omit<AuditEventOf<'machine-reached'>, 'type' | 'machine'> | undefined;
  /** Slots of a server that it lends, and those that were asked for. */
  granted: { readonly slots: number; readonly wanted: number } | undefined;
  /** Processes of slaves that were started there, and that have ended. */
  started: number;
  ended: number;
}

const MOST_MACHINES = 500;
const OVER = new Set(['gone', 'given-up']);

export class MachineLives {
  readonly #lives = new Map<string, MachineLife>();
  /** News of machines that there was no room for. */
  unseen = 0;

  take(event: AuditEvent, timeMs: number): void {
    switch (event.type) {
      case 'machine-state':
        this.#move(event, timeMs);
        return;
      case 'machine-reached': {
        const life = this.#find(event.machine, timeMs);
        const { type: _, machine: __, ...facts } = event;
        if (life !== undefined) life.facts = facts;
        return;
      }
      case 'machine-granted': {
        const life = this.#find(event.machine, timeMs);
        if (life !== undefined) life.granted = { slots: event.slots, wanted: event.wanted };
        return;
      }
      case 'machine-slave-started': {
        const life = this.#find(event.machine, timeMs);
        if (life !== undefined) life.started++;
        return;
      }
      case 'machine-slave-ended': {
        const life = this.#find(event.machine, timeMs);
        if (life !== undefined && event.pid !== undefined) life.ended++;
        return;
      }
      default:
    }
  }

  /** Names begin again with the next master. */
  clear(): void {
    this.#lives.clear();
    this.unseen = 0;
  }

  get size(): number {
    return this.#lives.size;
  }

  /** In the order in which they were heard of. */
  list(): MachineLife[] {
    return [...this.#lives.values()];
  }

  #move({ machine, state, againSeconds, reason }: AuditEventOf<'machine-state'>, timeMs: number): void {
    const life = this.#find(machine, timeMs);
    if (life === undefined) return;
    life.state = state;
    life.sinceMs = timeMs;
    life.againMs = againSeconds === undefined ? undefined : timeMs + againSeconds * 1_000;
    if (reason !== undefined) life.reason = reason;
    else if (state === 'ready') life.reason = '';
  }

  #find(name: string, timeMs: number): MachineLife | undefined {
    const known = this.#lives.get(name);
    if (known !== undefined) return known;
    if (this.#lives.size >= MOST_MACHINES && !this.#makeRoom()) {
      this.unseen++;
      return undefined;
    }
    const nothing = { reason: '', againMs: undefined, facts: undefined, granted: undefined };
    const life: MachineLife = { name, state: 'unknown', sinceMs: timeMs, ...nothing, started: 0, ended: 0 };
    this.#lives.set(name, life);
    return life;
  }

  #makeRoom(): boolean {
    for (const [name, { state }] of this.#lives) if (OVER.has(state)) return this.#lives.delete(name);
    return false;
  }
}
