/** The flags that ask about an audit trail and run nothing; their code loads only on demand. */

import { FlagError } from '../../errors.js';
import type { Report } from '../../picture/report/report-trail.js';
import { FAILURE } from '../process/exit-code.js';
import { flagName } from './flag-row.js';
import type { GivenFlag } from './split-arguments.js';

/** Those about what a trail holds now. */
type TrailReading =
  | { readonly kind: 'report'; readonly file: string; readonly page: string | undefined }
  | { readonly kind: 'why'; readonly file: string; readonly id: string }
  | { readonly kind: 'verify'; readonly file: string };

export type TrailQuestion = TrailReading | { readonly kind: 'watch'; readonly file: string };

/** Undefined if there is no such flag. The last of several files counts. */
export function trailQuestion(given: readonly GivenFlag[]): TrailQuestion | undefined {
  const last = (key: GivenFlag['key']): string | undefined => {
    const value = given.findLast((flag) => flag.key === key)?.value;
    const what = key === 'why' ? 'an id' : 'the name of a file';
    if (value === '') throw new FlagError(flagName(key), `expected ${what}, got nothing`);
    return value === true ? undefined : value;
  };
  const asked = (['auditReport', 'auditVerify', 'auditWatch'] as const).flatMap((key) => {
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
      return reportQuestion(first.file, last('why'), last('html'));
    case 'auditVerify':
      return { kind: 'verify', file: first.file };
    case 'auditWatch':
      return { kind: 'watch', file: first.file };
    default:
      return undefined;
  }
}

function reportQuestion(file: string, id: string | undefined, page: string | undefined): TrailQuestion {
  if (id === undefined) return { kind: 'report', file, page };
  if (page !== undefined)
    throw new FlagError('--why', 'expected one question, got --html too; ask one at a time');
  if (/^(TASK|SLAVE)-\d{1,15}$/.test(id)) return { kind: 'why', file, id };
  throw new FlagError(
    '--why',
    `expected the id of a task or a slave, such as TASK-17 or SLAVE-3; got ${JSON.stringify(id.slice(0, 100))}`,
  );
}

/** Prints the answer; returns the exit code. A file that cannot be read or written is a UsageError. */
export async function answerTrailQuestion(question: TrailReading): Promise<number> {
  if (question.kind !== 'verify') {
    const { text, warnings } = await (question.kind === 'report' ? report(question) : why(question));
    process.stdout.write(text);
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    return 0;
  }
  const { verifyTrail } = await import('../../audit/read/verify-trail.js');
  const { code, text } = await verifyTrail(question.file);
  (code === FAILURE ? process.stderr : process.stdout).write(`${text}\n`);
  return code;
}

async function report({ file, page }: Extract<TrailQuestion, { readonly kind: 'report' }>): Promise<Report> {
  const { reportTrail } = await import('../../picture/report/report-trail.js');
  return reportTrail(file, page);
}

async function why({ file, id }: Extract<TrailQuestion, { readonly kind: 'why' }>): Promise<Report> {
  const { askTrail } = await import('../../audit/why/ask-trail.js');
  return askTrail(file, id);
}
