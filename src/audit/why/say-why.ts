/** Says an answer in words: the same ones in the REPL, of a trail, and wherever else answers are shown. */

import { counted } from '../../structures/counted.js';
import { escapeControls } from '../format/text-fields.js';
import { awaitedLines } from './machine-words.js';
import { inSeconds } from './plain-text.js';
import type { SlaveWhy } from './slave-why.js';
import { SLAVE_WORDS } from './slave-words.js';
import type { EndedRun, TaskWhy } from './task-why.js';
import { occupiedLine, TASK_WORDS } from './task-words.js';

/** Lines of facts of one kind. */
const MOST_LINES = 20;

/**
 * Says an answer of `master.why` or `master.whySlave`: a sentence, then a line, indented by two blanks, for each fact
 * that does not fit into it, such as the runs of a task that have ended, and the slaves that it waits for. Control
 * characters in names and reasons are escaped.
 *
 * @example console.log(sayWhy(master.why(taskId)));
 */
export function sayWhy(why: TaskWhy | SlaveWhy): string {
  const lines = 'taskId' in why ? [taskSentence(why), ...taskFacts(why)] : [slaveSentence(why)];
  // Names and reasons of a trail may come from anywhere
  return lines.map(escapeControls).join('\n  ');
}

/** Its words take the facts of its reason, which the compiler cannot follow through the table. */
function taskSentence(why: TaskWhy): string {
  const { taskId, algorithm, because } = why;
  const name = algorithm === undefined ? taskId : `${taskId} (${algorithm})`;
  return `${name} ${(TASK_WORDS[because] as (why: TaskWhy) => string)(why)}.`;
}

function slaveSentence(why: SlaveWhy): string {
  const { sid, process, because } = why;
  const name = process === undefined ? sid : `${sid} (${process})`;
  return `${name} ${(SLAVE_WORDS[because] as (why: SlaveWhy) => string)(why)}.`;
}

function taskFacts(why: TaskWhy): string[] {
  const lines = lastOf(why.runs, runLine, 'earlier runs');
  const { facts } = why;
  if ('more' in facts && 'slaves' in facts) {
    lines.push(...facts.slaves.map(occupiedLine));
    if (facts.more > 0) lines.push(`and ${counted(facts.more, 'more slave')}`);
  }
  if ('moreMachines' in facts) lines.push(...awaitedLines(facts));
  if ('told' in facts) {
    const { submittedAt } = facts;
    if (submittedAt !== undefined)
      lines.push(`${new Date(submittedAt).toISOString()} submitted, or up to a second before`);
    lines.push(
      ...lastOf(facts.told, ({ at, text }) => `${new Date(at).toISOString()} ${text}`, 'earlier lines'),
    );
    if (facts.leftOut > 0)
      lines.push(`${counted(facts.leftOut, 'line between them is', 'lines between them are')} left out`);
  }
  return lines;
}

function lastOf<T>(items: readonly T[], line: (item: T) => string, what: string): string[] {
  const left = items.length - MOST_LINES;
  const lines = items.slice(-MOST_LINES).map(line);
  return left > 0 ? [`${left} ${what}`, ...lines] : lines;
}

function runLine({ sid, attempt, seconds, ended, doubtful, at }: EndedRun): string {
  const where = sid ?? 'an unknown slave';
  const long = seconds === undefined ? '' : ` (${inSeconds(seconds)})`;
  const when = at === undefined ? '' : `, noticed at ${new Date(at).toISOString()}`;
  const run = attempt === undefined ? 'a run' : `run ${attempt}`;
  return `${run} on ${where}${long}: ${ended}${doubtful ? ' (perhaps not begun)' : ''}${when}`;
}
