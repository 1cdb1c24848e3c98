/** The slaves of one master that are there, as its trail tells: memory grows with their number. */

import type { AuditEvent, SlaveKind } from '../events.js';

interface SlaveThere {
  kind: SlaveKind;
  isBusy: boolean;
}

export class TrailSlaves {
  readonly #there = new Map<string, SlaveThere>();
  /** The last loss: the lines about its tasks follow it. */
  #lost: { readonly sid: string; readonly evidence: string } | undefined;

  take(event: AuditEvent): void {
    switch (event.type) {
      case 'slave-connecting':
        this.#there.set(event.sid, { kind: event.kind, isBusy: false });
        break;
      case 'slave-busy':
      case 'slave-idle':
        this.#find(event.sid).isBusy = event.type === 'slave-busy';
        break;
      case 'slave-moved':
        this.#find(event.sid).kind = event.kind;
        break;
      case 'slave-freed':
        this.#find(event.sid).kind = 'unordered';
        break;
      case 'slave-lost':
        this.#lost = { sid: event.sid, evidence: event.evidence };
        this.#there.delete(event.sid);
        break;
      case 'slave-left':
        this.#lost = { sid: event.sid, evidence: event.reason };
        this.#there.delete(event.sid);
        break;
      case 'slave-disconnected':
        this.#there.delete(event.sid);
        break;
      default:
    }
  }

  /** Why a slave that has just gone has gone. */
  evidenceOf(sid: string): string | undefined {
    return this.#lost?.sid === sid ? this.#lost.evidence : undefined;
  }

  counts(): { readonly slaves: number; readonly unordered: number; readonly computing: number } {
    const there = [...this.#there.values()];
    return {
      slaves: there.length,
      unordered: there.filter(({ kind }) => kind !== 'ordered').length,
      computing: there.filter(({ isBusy }) => isBusy).length,
    };
  }

  /** It may have joined before the first available line. */
  #find(sid: string): SlaveThere {
    let slave = this.#there.get(sid);
    if (slave === undefined) {
      slave = { kind: 'unordered', isBusy: false };
      this.#there.set(sid, slave);
    }
    return slave;
  }
}
