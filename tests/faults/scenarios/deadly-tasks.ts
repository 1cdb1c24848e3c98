/** Tasks that take their own process down, or never end. */

import * as assert from 'uvu/assert';
import type { Stage } from '../stage.js';
import type { Death } from '../works.js';
import type { Scenario, Settings } from './scenario.js';

const ATTEMPTS = 2;

/** The guilty one is in company; its slaves are local, so that the exit is seen and the place filled again. */
function settings(how: Death, { timeoutSeconds, attempts = ATTEMPTS }: Deadly): Settings {
  return {
    slaves: 0,
    masterFlags: ['--slaves', '2'],
    masterNodeFlags: how === 'memory' ? ['--max-old-space-size=48'] : [],
    before: [
      { submit: 'small', args: [], count: 20 },
      { submit: 'die', args: [how], policy: { maxAttempts: attempts, timeoutSeconds } },
      { submit: 'small', args: [], count: 20 },
    ],
    expect: { unrunnable: 1 },
  };
}

interface Deadly {
  /** How the history tells it. */
  readonly evidence: RegExp;
  readonly timeoutSeconds?: number | undefined;
  readonly attempts?: number | undefined;
}

async function condemned({ cluster }: Stage, { evidence, attempts = ATTEMPTS }: Deadly): Promise<void> {
  const { history } = await cluster.trail.until('task-unrunnable');
  assert.is(history.length, attempts, 'every attempt is told of');
  for (const attempt of history) {
    // A process that ends at once may not have said that it began, nor that what came before had ended
    const told = attempt.evidence.replace(/^perhaps not begun; /, '');
    assert.match(told, evidence, JSON.stringify(history));
  }
}

function deadly(name: string, how: Death, facts: Deadly): Scenario {
  return {
    name,
    brokers: 'either',
    settings: settings(how, facts),
    async strike(stage) {
      await condemned(stage, facts);
      // The place of the last to die is filled again, and works.
      const count = stage.cluster.trail.all('local-slave-exited').length;
      if (count === 0) return;
      const { pid } = await stage.cluster.trail.until('local-slave-started', 2 + count);
      await stage.backToWork({ pid });
    },
  };
}

const THREW = /^uncaught Error: nobody catches this/;

export const DEADLY_TASKS: readonly Scenario[] = [
  deadly('process.abort() in a task', 'abort', { evidence: /^process ended by SIGABRT$/ }),
  deadly('process.exit(0) in a task', 'exit 0', { evidence: /^process exited with code 0$/ }),
  deadly('process.exit(3) in a task', 'exit 3', { evidence: /^process exited with code 3$/ }),
  deadly('an unhandled rejection in a task', 'reject', { evidence: THREW }),
  deadly('an uncaught exception of a timer of a task', 'throw', { evidence: THREW }),
  deadly('a task that runs out of memory', 'memory', {
    evidence: /^process (ended by SIGABRT|exited with code \d+)$/,
  }),
  deadly('an endless loop with a time limit', 'loop', {
    evidence: /longer than its 0\.5 s/,
    timeoutSeconds: 0.5,
  }),
  deadly('a task that never settles, with a time limit', 'nothing', {
    evidence: /longer than its 0\.5 s/,
    timeoutSeconds: 0.5,
  }),
  deadly('a task that stops its own process', 'stop', { evidence: /^silent for/, attempts: 1 }),
];
