/** The audit line that a sentinel writes without main's help, as a template it fills in. */

import type { AuditEvent } from '../audit/events.js';
import { formatJson } from '../audit/format/json-format.js';
import { formatText } from '../audit/format/text-format.js';
import { bad, formatNotice } from '../audit/notices/notice.js';

const EPOCH = new Date(0).toISOString();
const TAG = '[A] ';

/** With `{localTime}`, `{isoTime}` and `{evidence}` where those belong. */
export function killLine(format: 'text' | 'json'): string {
  const event: AuditEvent = { type: 'killed-by-sentinel', reason: '{evidence}' };
  if (format === 'json') return formatJson(event, 0).replace(EPOCH, '{isoTime}');
  const text = formatText(event, 0);
  return `{localTime} ${text.slice(text.indexOf(TAG))}`;
}

/** The notice of it, with `{clock}` and `{evidence}` where those belong. */
export function killNotice(): string {
  const notice = bad('ends at once, with exit status 137: {evidence}');
  return formatNotice(notice, 0, false).replace(/\d\d:\d\d:\d\d/, '{clock}');
}
