/** Decides whether a slave that says hello may join, and tells it why not. */

import type { AlgorithmDefinition } from '../algorithms/types.js';
import { type Hello, MOST_CONCURRENCY, PROTOCOL_VERSION } from '../wire/messages.js';

export interface Expectations {
  readonly run: string;
  readonly memberId: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly allowVersionSkew: boolean;
}

/** Why a slave was refused, or which algorithms of an accepted one have other code. */
export type Verdict =
  | { readonly accepted: true; readonly skewed: readonly string[] }
  | { readonly accepted: false; readonly reason: string };

/** A hello as it came in: none of its fields is trusted to have its type. */
export function parseHello(value: unknown): Hello | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const hello = value as Hello;
  const wellFormed =
    hello.type === 'hello' &&
    typeof hello.protocol === 'number' &&
    typeof hello.nonce === 'string' &&
    typeof hello.memberId === 'string' &&
    (hello.run === undefined || typeof hello.run === 'string') &&
    Array.isArray(hello.algorithms) &&
    hello.algorithms.every((pair) => Array.isArray(pair) && typeof pair[0] === 'string') &&
    typeof hello.host === 'string' &&
    typeof hello.pid === 'number' &&
    (hello.concurrency === undefined || isConcurrency(hello.concurrency));
  return wellFormed ? hello : undefined;
}

function isConcurrency(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_CONCURRENCY;
}

export function judgeHello(hello: Hello, expected: Expectations): Verdict {
  if (hello.protocol !== PROTOCOL_VERSION) {
    return refuse(
      `its protocol version is ${hello.protocol}, the master's is ${PROTOCOL_VERSION}; run the same ts-mw on both`,
    );
  }
  if (hello.memberId !== expected.memberId) {
    return refuse(
      `its member id is ${JSON.stringify(hello.memberId)}, the master's is ${JSON.stringify(expected.memberId)}; give both the same --member-id`,
    );
  }
  if (hello.run !== undefined && hello.run !== expected.run) {
    return refuse(
      `it belongs to run ${hello.run}, the master's is ${expected.run}; start it anew, with the new resource file`,
    );
  }
  return judgeAlgorithms(hello, expected);
}

function judgeAlgorithms(hello: Hello, { algorithms, allowVersionSkew }: Expectations): Verdict {
  const theirs = new Map(hello.algorithms);
  const skewed: string[] = [];
  for (const { name, fingerprint } of algorithms) {
    const other = theirs.get(name);
    if (other === undefined) {
      return refuse(`it has no algorithm ${JSON.stringify(name)}; run the same program on both`);
    }
    if (other === fingerprint) continue;
    if (!allowVersionSkew) {
      return refuse(
        `its algorithm ${JSON.stringify(name)} has other code; run the same program on both, give the algorithm a version, or allow it with --allow-version-skew`,
      );
    }
    skewed.push(name);
  }
  return { accepted: true, skewed };
}

function refuse(reason: string): Verdict {
  return { accepted: false, reason };
}
