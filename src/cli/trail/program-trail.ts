/** The trail of a program's own process, with the notices for the people at its terminal. */

import { isatty } from 'node:tty';
import type { AuditTrail } from '../../audit/audit-trail.js';
import { hasColours } from '../../audit/notices/has-colours.js';
import { formatNotice, type NoticeFold, plain } from '../../audit/notices/notice.js';
import { writeNotices } from '../../audit/notices/notice-writer.js';
import { LocalSlaveNotices, SlaveNotices } from '../../audit/notices/slave-notices.js';
import { MasterNotices } from '../../picture/notices/master-notices.js';
import type { Configuration } from '../flags/configuration.js';
import { openTrail } from './open-trail.js';

export interface ProgramTrail extends AuditTrail {
  /** Printed unchanged on standard error, once; also in the trail if that is a file. */
  tellAsItIs(text: string): void;
  /** A line on standard error for people, and nowhere else: it may have a secret. */
  tellPeople(text: string): void;
}

const STDERR = 2;

/**
 * Whether standard error shows notices: the whole trail goes elsewhere, or people look at it. They may do so through
 * another process.
 */
export function saysNotices(
  { auditFile, auditToStandardError }: Configuration,
  isShownAtTerminal = false,
): boolean {
  return !auditToStandardError && (auditFile !== undefined || isShownAtTerminal || isatty(STDERR));
}

/**
 * `parent` is the master of a local slave.
 *
 * @throws FlagError naming `--audit-file` when the file cannot be opened.
 */
export function openProgramTrail(
  configuration: Configuration,
  parent: { readonly output: { readonly isShownAtTerminal: boolean } } | undefined,
): ProgramTrail {
  const { auditFile } = configuration;
  const isShown = parent?.output.isShownAtTerminal ?? false;
  const noticed = saysNotices(configuration, isShown);
  const trail = openTrail(configuration, noticed ? 'listeners-only' : 'standard-error');
  const notices = noticed
    ? writeNotices(trail, foldOf(configuration, parent !== undefined), isShown || isatty(STDERR))
    : undefined;
  return {
    ...trail,
    tellAsItIs(text) {
      if (notices === undefined) process.stderr.write(`${text}\n`);
      else notices.tellAsItIs(text);
      if (auditFile !== undefined) trail.emit({ type: 'error', text });
    },
    tellPeople(text) {
      const line = formatNotice(plain(text), Date.now(), hasColours(isatty(STDERR), process.env));
      if (notices === undefined) process.stderr.write(`${line}\n`);
      else notices.tellAsItIs(line);
    },
    async flush() {
      await trail.flush();
      await notices?.flush();
    },
  };
}

function foldOf({ role }: Configuration, isLocalSlave: boolean): NoticeFold {
  if (role === 'master') return new MasterNotices();
  return isLocalSlave ? new LocalSlaveNotices() : new SlaveNotices();
}
