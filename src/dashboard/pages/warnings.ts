/** The news that people should know at once, the worst first. */

import { counted } from '../../structures/counted.js';
import type { DashboardModel } from '../model/dashboard-model.js';

export interface Warning {
  readonly level: 'bad' | 'warning' | 'note';
  readonly text: string;
  /** The page that says more; empty if none does. */
  readonly page: string;
}

/** Losses that are news. */
const RECENT_MS = 300_000;

export function warningsOf(model: DashboardModel, nowMs: number): Warning[] {
  const { picture, figures, slaves, machines } = model;
  const { counts } = picture;
  const warnings: Warning[] = [];
  const say = (count: number, level: Warning['level'], page: string, text: string): void => {
    if (count > 0) warnings.push({ level, text, page });
  };
  const queued = figures?.queued ?? 0;
  if (picture.slaves.size === 0 && !picture.isFinished) {
    const how = model.facts.joinCommand === '' ? '' : `; to add one: ${model.facts.joinCommand}`;
    if (queued > 0)
      say(1, 'bad', 'slaves', `No slave is here, and ${counted(queued, 'task waits', 'tasks wait')}${how}`);
    else say(1, 'note', 'slaves', `No slave is here${how}`);
  }
  const suspects = [...slaves.living.values()].filter(({ suspicion }) => suspicion !== undefined);
  say(
    suspects.length,
    'warning',
    'slaves',
    `${counted(suspects.length, 'slave is', 'slaves are')} suspected, such as ${suspects[0]?.sid}: ${suspects[0]?.suspicion}`,
  );
  const lately = picture.isFinished ? picture.lastMs : nowMs;
  const lost = slaves.gone.filter(({ end }) => end?.how === 'lost' && lately - end.atMs < RECENT_MS);
  const newest = lost.at(-1);
  say(
    lost.length,
    'warning',
    'slaves',
    `${counted(lost.length, 'slave was', 'slaves were')} lost in the last five minutes, such as ${newest?.sid} on ${newest?.host}: ${newest?.end?.evidence}`,
  );
  for (const [state, level, is, are] of [
    ['given-up', 'bad', 'machine is given up', 'machines are given up'],
    ['failing', 'warning', 'machine fails and is tried again', 'machines fail and are tried again'],
  ] as const) {
    const those = machines.list().filter((machine) => machine.state === state);
    const [first] = those;
    say(
      those.length,
      level,
      'machines',
      `${counted(those.length, is, are)}, such as ${first?.name}: ${first?.reason}`,
    );
  }
  const given = picture.algorithms.notDone - counts.cancelled - counts.killed;
  say(given, 'warning', 'failures', `${counted(given, 'task')} failed`);
  say(
    counts.linesDropped,
    'warning',
    'trail',
    `${counted(counts.linesDropped, 'line')} of the trail dropped: its destination is slow or full`,
  );
  say(
    model.dropped,
    'warning',
    '',
    `${counted(model.dropped, 'event')} left out here: all numbers are too low`,
  );
  say(
    counts.authFailures,
    'note',
    'trail',
    `${counted(counts.authFailures, 'connection')} with wrong credentials or none`,
  );
  say(
    counts.refused,
    'note',
    'trail',
    `${counted(counts.refused, 'process was', 'processes were')} not let in as a slave`,
  );
  return warnings;
}
