/** Outputs of slaves that nobody reads, or that are gone. */

import type { Stage } from '../stage.js';
import { pass } from '../support.js';
import type { Scenario, Settings } from './scenario.js';

/** More than pipes hold. */
const CHATTER = { submit: 'chatter', args: [400_000] } as const;
const UNREAD: Settings = { slave: { unread: true }, expect: { unharmed: true } };

async function readAgain(stage: Stage): Promise<void> {
  for (const { child } of stage.slaves) {
    child.stdout?.resume();
    child.stderr?.resume();
  }
  await stage.allBackToWork();
}

export const PIPES: readonly Scenario[] = [
  {
    name: 'standard output and error that nobody reads, full of what tasks print and of the trail',
    brokers: 'either',
    settings: { ...UNREAD, before: [{ ...CHATTER, count: 6 }] },
    async strike(stage) {
      await pass(2_000);
      await readAgain(stage);
    },
  },
  {
    name: 'standard output and error whose reader is gone',
    brokers: 'either',
    settings: UNREAD,
    async strike(stage) {
      for (const { child } of stage.slaves) {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }
      await pass(500);
      await stage.allBackToWork();
    },
  },
];
