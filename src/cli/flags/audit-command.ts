/** The flags that ask about an audit trail and run nothing; their code loads only on demand. */

import { FlagError } from '../../errors.js';
import { FAILURE } from '../process/exit-code.js';
import { flagName } from './flag-row.js';
import type { GivenFlag } from './split-arguments.js';

export type TrailQuestion =
  | { readonly kind: 'report'; readonly file: string; readonly page: string | undefined }
  | { readonly kind: 'verify'; readonly file: string };

/** Undefined if there is no such flag. The last of several files counts. */
export function trailQuestion(given: readonly GivenFlag[]): TrailQuestion | undefined {
  const last = (key: GivenFlag['key']): string | undefined => {
    const value = given.findLast((flag) => flag.key === key)?.value;
    if (value === '') throw new FlagError(flagName(key), 'expected the name of a file, got nothing');
    return value === true ? undefined : value;
  };
  const [report, verify] = [last('auditReport'), last('auditVerify')];
  if (report !== undefined && verify !== undefined) {
    throw new FlagError('--audit-verify', 'expected one question, got --audit-report too; ask one at a time');
  }
  if (report !== undefined) return { kind: 'report', file: report, page: last('html') };
  return verify === undefined ? undefined : { kind: 'verify', file: verify };
}

/** Prints the answer; returns the exit code. A file that cannot be read or written is a UsageError. */
export async function answerTrailQuestion(question: TrailQuestion): Promise<number> {
  if (question.kind === 'report') {
    const { reportTrail } = await import('../../picture/report/report-trail.js');
    const { text, warnings } = await reportTrail(question.file, question.page);
    process.stdout.write(text);
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    return 0;
  }
  const { verifyTrail } = await import('../../audit/read/verify-trail.js');
  const { code, text } = await verifyTrail(question.file);
  (code === FAILURE ? process.stderr : process.stdout).write(`${text}\n`);
  return code;
}
