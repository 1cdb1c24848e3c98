/**
 * How the slots of a server are shared among its leases, as a pure record: the lease that asks first is given all that it asks
 * for and there is; the rest of a request waits in line, and is given as soon as others leave.
 */

export interface Grant {
  readonly lease: string;
  readonly slots: number;
  readonly wanted: number;
}

interface Claim {
  readonly wanted: number;
  granted: number;
}

export class Slots {
  readonly total: number;
  /** In the order of the requests. */
  readonly #claims = new Map<string, Claim>();

  constructor(total: number) {
    this.total = total;
  }

  get free(): number {
    let taken = 0;
    for (const { granted } of this.#claims.values()) taken += granted;
    return this.total - taken;
  }

  /** Without `wanted`, all that there are. Returns what it has now. */
  ask(lease: string, wanted: number | undefined): Grant {
    const claim = { wanted: wanted ?? this.total, granted: 0 };
    claim.granted = Math.min(claim.wanted, this.free);
    this.#claims.set(lease, claim);
    return { lease, slots: claim.granted, wanted: claim.wanted };
  }

  /** Returns those that have more now. */
  release(lease: string): Grant[] {
    this.#claims.delete(lease);
    let { free } = this;
    const grants: Grant[] = [];
    for (const [id, claim] of this.#claims) {
      const more = Math.min(free, claim.wanted - claim.granted);
      if (more === 0) continue;
      claim.granted += more;
      free -= more;
      grants.push({ lease: id, slots: claim.granted, wanted: claim.wanted });
    }
    return grants;
  }
}
