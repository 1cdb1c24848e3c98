/** The trail of a program's own process, with the notices for the people at its terminal. */

import { isatty } from 'node:tty';
import type { AuditTrail } from '../../audit/audit-trail.js';
import { MasterNotices } from '../../audit/notices/master-notices.js';
import type { NoticeFold } from '../../audit/notices/notice.js';
import { writeNotices } from '../../audit/notices/notice-writer.js';
import { LocalSlaveNotices, SlaveNotices } from '../../audit/notices/slave-notices.js';
import type { Configuration } from '../flags/configuration.js';
import { openTrail } from './open-trail.js';

export interface ProgramTrail extends AuditTrail {
  /** Printed unchanged on standard error, once; also in the trail if that is a file. */
  tellAsItIs(text: string): void;
}

const STDERR = 2;

/** Whether standard error shows notices: the whole trail goes elsewhere, or people look at it. */
export function saysNotices({ auditFile, auditToStandardError }: Configuration): boolean {
  return !auditToStandardError && (auditFile !== undefined || isatty(STDERR));
}

/** @throws FlagError naming `--audit-file` when the file cannot be opened. */
export function openProgramTrail(configuration: Configuration, isLocalSlave: boolean): ProgramTrail {
  const { auditFile } = configuration;
  const noticed = saysNotices(configuration);
  const trail = openTrail(configuration, noticed ? 'listeners-only' : 'standard-error');
  const notices = noticed ? writeNotices(trail, foldOf(configuration, isLocalSlave)) : undefined;
  return {
    ...trail,
    tellAsItIs(text) {
      if (notices === undefined) process.stderr.write(`${text}\n`);
      else notices.tellAsItIs(text);
      if (auditFile !== undefined) trail.emit({ type: 'error', text });
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
