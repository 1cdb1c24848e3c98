/** The lines of the program, the master's trail and the notes of the slaves, held against each other. */

import * as assert from 'uvu/assert';
import type { Runs } from './computed.js';
import type { PrintedFate, Submitted } from './program.js';
import type { Trail } from './trail.js';

export class Report {
  readonly submitted: number;
  readonly fates: readonly PrintedFate[];
  readonly trail: Trail;
  readonly computed: ReadonlyMap<string, Runs>;

  /** `output` is what the master printed. */
  constructor(output: string, trail: Trail, computed: ReadonlyMap<string, Runs>) {
    const lines = linesOf(output);
    this.submitted = (JSON.parse(lines.pop() ?? '{}') as Submitted).submitted;
    this.fates = lines.map((line) => JSON.parse(line) as PrintedFate);
    this.trail = trail;
    this.computed = computed;
  }

  /** How many tasks were begun more than once. */
  get ranAgain(): number {
    return [...this.computed.values()].filter(({ begun }) => begun > 1).length;
  }

  /** `restarted`: some results are from a checkpoint, and came to an earlier master. */
  checkFates(tasks: number, { restarted = false } = {}): void {
    const ids = new Set(this.fates.map(({ taskId }) => taskId));
    assert.is(this.fates.length, ids.size, 'no task has two fates');
    assert.is(ids.size, tasks, 'every task has a fate');
    if (restarted) return;
    const received = this.trail.all('results-received').reduce((sum, { count }) => sum + count, 0);
    const dropped = this.trail.all('result-dropped').length;
    const results = this.fates.filter(({ status }) => status !== 'unrunnable');
    assert.is(received - dropped, results.length, 'the trail tells of as many results as were printed');
    const unrunnable = this.trail.all('task-unrunnable').map(({ taskId }) => taskId);
    const printed = this.fates.filter(({ status }) => status === 'unrunnable').map(({ taskId }) => taskId);
    assert.equal(unrunnable.sort(), printed.sort(), 'the trail tells of the same unrunnable tasks');
    for (const { taskId, algorithm } of results) {
      if (algorithm === 'tiny') continue;
      const runs = this.computed.get(taskId);
      assert.ok(runs !== undefined && runs.ended >= 1, `${taskId} has a result and was computed`);
    }
  }

  /** No task was begun more often than it was taken back from a lost slave, or its run failed. */
  checkRunsHaveCauses(): void {
    const causes = new Map<string, number>();
    for (const type of ['task-reclaimed', 'task-retried'] as const) {
      for (const { taskId } of this.trail.all(type)) causes.set(taskId, (causes.get(taskId) ?? 0) + 1);
    }
    for (const [taskId, { begun }] of this.computed) {
      const most = 1 + (causes.get(taskId) ?? 0);
      assert.ok(begun <= most, `${taskId} was begun ${begun} times, where the trail explains ${most}`);
    }
  }

  /** No task was computed twice, not even begun. */
  checkOnce(): void {
    for (const [taskId, { begun, ended }] of this.computed) {
      assert.equal({ begun, ended }, { begun: 1, ended: 1 }, `${taskId} was computed once`);
    }
    assert.is(this.trail.all('result-dropped').length, 0, 'no result came twice');
  }

  /** Nobody was taken for dead. */
  checkNobodyLost(): void {
    assert.equal(this.trail.all('slave-lost'), [], 'no slave is lost');
    assert.is(this.trail.all('task-reclaimed').length, 0, 'no task is taken back');
  }

  checkAllOk(): void {
    const others = this.fates.filter(({ status }) => status !== 'ok');
    assert.equal(others, [], 'every fate is ok');
  }
}

/** Fates that a master that was killed has printed. */
export function fatesSoFar(output: string): PrintedFate[] {
  return linesOf(output.slice(0, output.lastIndexOf('\n'))).map((line) => JSON.parse(line) as PrintedFate);
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line.startsWith('{'));
}
