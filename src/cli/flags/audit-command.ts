/** The flags that ask about an audit trail and run nothing; their code loads only on demand. */

import type { AuditEvent } from '../../audit/events.js';
import { FlagError } from '../../errors.js';
import type { Report } from '../../picture/report/report-trail.js';
import type { TrailSummary } from '../../picture/report/trail-summary.js';
import { givenText } from '../../structures/value-text.js';
import { FAILURE } from '../process/exit-code.js';
import { flagName } from './flag-row.js';
import { parseNatural } from './flag-values.js';
import type { GivenFlag } from './split-arguments.js';

/** Of a forecast; each takes time and memory. */
const MOST_SLAVES = 4_096;
const MOST_NUMBERS = 20;

/** Those about what a trail holds now. */
type TrailReading =
  | {
      readonly kind: 'report';
      readonly file: string;
      readonly page: string | undefined;
      readonly trace: string | undefined;
    }
  | { readonly kind: 'why'; readonly file: string; readonly id: string }
  | { readonly kind: 'verify'; readonly file: string }
  | { readonly kind: 'forecast'; readonly file: string; readonly slaves: readonly number[] | undefined };

export type TrailQuestion = TrailReading | { readonly kind: 'watch'; readonly file: string };

/** Undefined if there is no such flag. The last of several files counts. */
export function trailQuestion(given: readonly GivenFlag[]): TrailQuestion | undefined {
  const last = (key: GivenFlag['key']): string | undefined => {
    const value = given.findLast((flag) => flag.key === key)?.value;
    const what = key === 'why' ? 'an id' : 'the name of a file';
    if (value === '') throw new FlagError(flagName(key), `expected ${what}, got nothing`);
    return value === true ? undefined : value;
  };
  const asked = (['auditReport', 'auditVerify', 'auditWatch', 'forecast'] as const).flatMap((key) => {
    const file = last(key);
    return file === undefined ? [] : [{ key, file }];
  });
  const [first, second] = asked;
  if (first !== undefined && second !== undefined) {
    const also = flagName(first.key);
    throw new FlagError(flagName(second.key), `expected one question, got ${also} too; ask one at a time`);
  }
  switch (first?.key) {
    case 'auditReport':
      return reportQuestion(first.file, last('why'), last('html'), last('trace'));
    case 'auditVerify':
      return { kind: 'verify', file: first.file };
    case 'auditWatch':
      return { kind: 'watch', file: first.file };
    case 'forecast':
      return { kind: 'forecast', file: first.file, slaves: slaveNumbers(last('slaves')) };
    default:
      return undefined;
  }
}

/** Such as `1,10,100`. */
function slaveNumbers(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const pieces = text.split(',');
  if (pieces.length > MOST_NUMBERS) {
    throw new FlagError(
      '--slaves',
      `expected at most ${MOST_NUMBERS} numbers with --forecast, got ${pieces.length}`,
    );
  }
  return pieces.map((piece) => parseNatural('--slaves', piece, { from: 1, to: MOST_SLAVES }, '1,10,100'));
}

function reportQuestion(
  file: string,
  id: string | undefined,
  page: string | undefined,
  trace: string | undefined,
): TrailQuestion {
  if (id === undefined) return { kind: 'report', file, page, trace };
  const other = page !== undefined ? '--html' : trace !== undefined ? '--trace' : undefined;
  if (other !== undefined)
    throw new FlagError('--why', `expected one question, got ${other} too; ask one at a time`);
  if (/^(TASK|SLAVE)-\d{1,15}$/.test(id)) return { kind: 'why', file, id };
  throw new FlagError(
    '--why',
    `expected the id of a task or a slave, such as TASK-17 or SLAVE-3; got ${givenText(id)}`,
  );
}

/** Prints the answer; returns the exit code. A file that cannot be read or written is a UsageError. */
export async function answerTrailQuestion(question: TrailReading): Promise<number> {
  if (question.kind !== 'verify') {
    const { text, warnings } = await answer(question);
    process.stdout.write(text);
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    return 0;
  }
  const { verifyTrail } = await import('../../audit/read/verify-trail.js');
  const { code, text } = await verifyTrail(question.file);
  (code === FAILURE ? process.stderr : process.stdout).write(`${text}\n`);
  return code;
}

async function answer(question: Exclude<TrailReading, { readonly kind: 'verify' }>): Promise<Report> {
  switch (question.kind) {
    case 'report':
      return await report(question);
    case 'why':
      return await why(question);
    case 'forecast': {
      const { forecastTrail } = await import('../../forecast/forecast-trail.js');
      return await forecastTrail(question.file, question.slaves);
    }
  }
}

async function report({
  file,
  page,
  trace,
}: Extract<TrailQuestion, { readonly kind: 'report' }>): Promise<Report> {
  const { reportTrail } = await import('../../picture/report/report-trail.js');
  if (page === undefined) return reportTrail(file, { trace });
  const { SavedPage } = await import('../../dashboard/saved/saved-page.js');
  const saved = new SavedPage();
  const written = {
    file: page,
    take: (event: AuditEvent, timeMs: number) => saved.take(event, timeMs),
    html: (summary: TrailSummary, name: string) => saved.html(summary, name),
  };
  return reportTrail(file, { page: written, trace });
}

async function why({ file, id }: Extract<TrailQuestion, { readonly kind: 'why' }>): Promise<Report> {
  const { askTrail } = await import('../../audit/why/ask-trail.js');
  return askTrail(file, id);
}
