/** Runs a slave from its configuration: the address of its master, its algorithm, its tie to a parent. */

import { listAlgorithms } from '../../algorithms/registry.js';
import '../../slave/operations/register.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { type Located, Slave } from '../../slave/slave.js';
import type { SpareThread } from '../../threads/spare-thread.js';
import { RunSpans } from '../../tracing/run-spans.js';
import { findTracing } from '../../tracing/tracing-api.js';
import type { SlaveAlgorithm } from '../define-program.js';
import type { Configuration } from '../flags/configuration.js';
import { refuseExposedSecret } from '../flags/exposed-secrets.js';
import { definedCells } from '../process/defined-cells.js';
import { type ResourceFile, readResourceFile } from '../resource-file/resource-file.js';
import { saysNotices } from '../trail/program-trail.js';
import type { LocalParent } from './parent-master.js';
import { slaveTarget } from './slave-target.js';

interface RunSlaveParams {
  readonly configuration: Configuration;
  readonly audit: AuditSink;
  /** Undefined for CL-MW's default. */
  readonly algorithm: SlaveAlgorithm | undefined;
  readonly parent?: LocalParent | undefined;
  readonly mayKill: boolean;
  readonly spare?: SpareThread | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function createSlave(params: RunSlaveParams): Slave {
  const { configuration, audit, algorithm, parent, mayKill, spare, signal } = params;
  refuseWhatFlagsExpose(configuration);
  const tracing = findTracing();
  if (algorithm === undefined) audit.emit({ type: 'default-slave-algorithm' });
  return new Slave({
    locate: locator(configuration, audit),
    algorithm: algorithm ?? ((slave) => slave.slaveLoopSimple()),
    algorithms: listAlgorithms(),
    cells: definedCells(),
    audit,
    argv: configuration.argv,
    memberId: configuration.memberId,
    clientTimeoutMs: configuration.clientTimeoutMs,
    connectTimeoutMs: configuration.connectTimeoutMs,
    concurrency: configuration.slaveConcurrency,
    shareCache: configuration.shareCache,
    tracer: tracing && new RunSpans(tracing),
    dataPort: configuration.dataPort,
    parent,
    mayKill,
    spare,
    auditFile: configuration.auditFile,
    auditFormat: configuration.auditFormat,
    killOnStandardError: shownOfKill(configuration, parent),
    signal,
  });
}

/** A master reports itself how its local slave ended. */
function shownOfKill(
  configuration: Configuration,
  parent: LocalParent | undefined,
): 'line' | 'notice' | 'nothing' {
  if (!saysNotices(configuration, parent?.output.isShownAtTerminal)) return 'line';
  return parent === undefined ? 'notice' : 'nothing';
}

/** A resource file may change before it is read again; flags do not. */
function refuseWhatFlagsExpose(configuration: Configuration): void {
  if (configuration.resourceFile !== undefined) return;
  const target = slaveTarget(configuration, undefined);
  if (target.kind === 'connect') refuseExposedSecret(target.broker);
}

/** Reads the resource file again at each call: its master may have been started again meanwhile. */
function locator(configuration: Configuration, audit: AuditSink): () => Promise<Located> {
  const path = configuration.resourceFile?.path;
  let told = false;
  let warned = false;
  return async () => {
    let file: ResourceFile | undefined;
    if (path !== undefined) {
      if (!told) audit.emit({ type: 'resource-file-loading', path });
      told = true;
      try {
        const reading = await readResourceFile(path);
        if (reading.status === 'read') {
          file = reading.file;
          if (reading.tooOpen && !warned) {
            warned = true;
            audit.emit({ type: 'warning', text: `others may read the token in ${path}; chmod 600 it` });
          }
        }
      } catch (error) {
        return { kind: 'missing', message: error instanceof Error ? error.message : String(error) };
      }
    }
    const target = slaveTarget(configuration, file);
    switch (target.kind) {
      case 'finished':
        return { ...target, path: path ?? '' };
      case 'missing':
        return target;
      case 'connect':
        return { ...target };
      default:
        return target satisfies never;
    }
  };
}
