/** The name, version and addresses of a master, as its trail has them: texts, which are empty until then. */

import type { AuditEvent } from '../../audit/events.js';

export interface MasterFacts {
  version: string;
  memberId: string;
  address: string;
  broker: string;
  joinCommand: string;
  checkpoint: string;
}

export function noFacts(): MasterFacts {
  return { version: '', memberId: '', address: '', broker: '', joinCommand: '', checkpoint: '' };
}

export function takeFact(facts: MasterFacts, event: AuditEvent): void {
  switch (event.type) {
    case 'version':
      facts.version = event.version;
      return;
    case 'init':
      facts.memberId = event.memberId;
      return;
    case 'broker-ready':
      facts.broker = event.broker;
      return;
    case 'master-ready':
      facts.address = event.address;
      return;
    case 'join-command':
      facts.joinCommand = event.command;
      return;
    case 'checkpoint-opened':
      facts.checkpoint = event.path;
      return;
    default:
  }
}
