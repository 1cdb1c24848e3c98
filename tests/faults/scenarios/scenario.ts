/** The form of a scenario: a fault with a name, and the cluster that it strikes. */

import type { ClusterShape } from '../../support/nats-cluster.js';
import type { Plan, Submission } from '../program.js';
import type { Stage } from '../stage.js';
import type { BrokerName, SlaveOptions } from '../support.js';

export interface Scenario {
  /** Goes on as a sentence "…: nothing is lost". */
  readonly name: string;
  /** Run on each where the broker has a part in it, on either where it has none. */
  readonly brokers: 'each' | 'either' | BrokerName;
  /** Run by `npm test` too, on one broker; all others by `npm run test:long` alone. */
  readonly often?: true;
  readonly settings?: Settings | undefined;
  /** Work is under way when it is called; when it returns, the part that was struck works again. */
  readonly strike: (stage: Stage) => Promise<void>;
}

export interface Settings {
  /** Seconds; 3. */
  readonly clientTimeout?: number | undefined;
  /** Of a cluster of nats-servers, where each slave knows all servers but the master's; trio. */
  readonly servers?: ClusterShape | undefined;
  /** Standing servers, from which the master has its slaves: two of the first, and one of each other; none. */
  readonly standing?: number | undefined;
  /** Slaves that the harness starts; 2, and none beside standing servers. */
  readonly slaves?: number | undefined;
  readonly slave?: SlaveOptions | undefined;
  readonly masterFlags?: readonly string[] | undefined;
  readonly masterNodeFlags?: readonly string[] | undefined;
  /** Whether the master has a checkpoint, in a folder of the cluster. */
  readonly checkpoint?: boolean | undefined;
  /** Whose connections go through a way that can be made faulty; then none of their data goes past it. */
  readonly way?: 'first slave' | 'slaves' | 'master' | 'data ports' | 'first server' | undefined;
  /** Whose wall clock can jump. */
  readonly clock?: 'slaves' | 'master' | undefined;
  /** The tasks that the master submits before the flow. */
  readonly before?: Plan['steps'] | undefined;
  /** The tasks that the master keeps under way until the fault is over; naps of 50 ms. */
  readonly flow?: readonly Submission[] | undefined;
  /** How many; 12. */
  readonly pending?: number | undefined;
  readonly expect?: Expectation | undefined;
}

export interface Expectation {
  /** How many tasks end without a result; 0. */
  readonly unrunnable?: number | undefined;
  /** Nobody is taken for dead, and no task begun a second time. */
  readonly unharmed?: boolean | undefined;
  /** How many sessions are lost, if that is certain. */
  readonly lost?: number | undefined;
  /** There was another master before: the slaves' notes are of both. */
  readonly restarted?: boolean | undefined;
}

/** Fills both directions: as much comes back as goes out. */
export const DATA: Pick<Settings, 'flow' | 'pending'> = {
  flow: [{ submit: 'ferry', args: [{ bytes: 40_000 }] }],
  pending: 40,
};
