/** A program's main: reads its command line, runs it as master or slave, and sets its exit code. */

import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { WriteStream as TerminalStream } from 'node:tty';
import { type AuditTrail, reopenOnHangup } from '../audit/audit-trail.js';
import { UsageError } from '../errors.js';
import { checkOptionsObject } from '../structures/check-options.js';
import { SpareThread } from '../threads/spare-thread.js';
import {
  programAuthorization,
  programListeners,
  programMaster,
  programServerAuth,
  programSlave,
} from './define-program.js';
import { answerTrailQuestion } from './flags/audit-command.js';
import type { Configuration } from './flags/configuration.js';
import { PASSWORD_VARIABLE, TOKEN_VARIABLE } from './flags/nats-flags.js';
import { parseFlags } from './flags/parse-command.js';
import type { Flags } from './flags/program-flags.js';
import { SERVER_TOKEN_VARIABLE } from './flags/server-flags.js';
import { MasterThreads } from './master/master-threads.js';
import { playMaster } from './master/play-master.js';
import { describeOwn, describeThrown } from './process/describe-thrown.js';
import { exitCodeOf, FAILURE } from './process/exit-code.js';
import { endAtSignal, watchForInterruption } from './process/interruption.js';
import { LostOutput } from './process/lost-output.js';
import { programFile } from './process/one-executable.js';
import { packageVersion } from './process/versions.js';
import { boundOutput } from './slave/bounded-output.js';
import { type LocalParent, takeParent } from './slave/parent-master.js';
import { openProgramTrail, type ProgramTrail, saysNotices } from './trail/program-trail.js';
import { openWatch } from './watch/open-watch.js';
import type { MasterWatch } from './watch/watch-params.js';

/**
 * After this time past the end, the handles that still hold the event loop are named, and the process exits.
 */
const LINGER_MS = 2_000;

/**
 * Runs the program as its command line says (CL-MW's mw-initialize): `--master` runs the algorithm of
 * `defineMaster`, `--slave` that of `defineSlave`. The command line overrides `defaults`.
 *
 * Sets `process.exitCode`, returns it, and never rejects. The code is the algorithm's integer from 0 to 255,
 * anything else 255; 255 after an exception, a wrong flag, or when a slave's master was not found, refused it
 * or was lost; 130 after Ctrl-C on a master, 143 after SIGTERM. Two seconds later the process exits even if
 * something still holds its event loop; the audit trail names it.
 *
 * @example
 * await initialize(process.argv.slice(2), { slaves: 4 });
 */
export async function initialize(
  argv: readonly string[] = process.argv.slice(2),
  defaults: Flags = {},
): Promise<number> {
  const code = await run(argv, defaults);
  process.exitCode = code;
  return code;
}

async function run(argv: readonly string[], defaults: Flags): Promise<number> {
  let audit: ProgramTrail;
  let configuration: Configuration;
  const parent = takeParent();
  for (const name of parent?.output.read ?? []) boundOutput(process[name]);
  const lostOutput = new LostOutput();
  try {
    checkCall(argv, defaults);
    const command = parseFlags(argv, defaults);
    // Removed from dumps of this process, and from everything that it starts except its slaves
    for (const secret of [TOKEN_VARIABLE, PASSWORD_VARIABLE, SERVER_TOKEN_VARIABLE])
      delete process.env[secret];
    if (
      command.kind === 'report' ||
      command.kind === 'why' ||
      command.kind === 'verify' ||
      command.kind === 'forecast'
    )
      return await answerTrailQuestion(command);
    if (command.kind === 'watch') {
      const { watchTrail } = await import('./watch/trail-watch.js');
      return await watchTrail(command.file);
    }
    if (command.kind === 'help') {
      const { helpText } = await import('./flags/describe-flags.js');
      process.stdout.write(helpText(command));
      return 0;
    }
    if (command.kind === 'version') {
      process.stdout.write(command.text);
      return 0;
    }
    if (command.kind === 'print-batch') {
      const { batchFile } = await import('./batch/print-batch.js');
      const place = { program: resolve(process.argv[1] ?? ''), directory: process.cwd() };
      process.stdout.write(batchFile({ ...command, ...place }));
      return 0;
    }
    if (command.kind === 'print-nats-config') {
      const { natsConfig } = await import('./print-nats-config.js');
      const { text, notes } = natsConfig(command);
      for (const note of notes) process.stderr.write(`${note}\n`);
      process.stdout.write(text);
      return 0;
    }
    if (command.kind === 'farm-check') {
      const { checkFarm } = await import('./farm-check/check-farm.js');
      return await checkFarm(command.configuration);
    }
    if (command.kind === 'repl') {
      const { runRepl } = await import('./repl/run-repl.js');
      return await runRepl(command.configuration);
    }
    configuration = command.configuration;
    audit = openProgramTrail(configuration, parent);
  } catch (error) {
    process.stderr.write(`${describeOwn(error)}\n`);
    return FAILURE;
  }
  const stopReopening = reopenOnHangup(audit);
  if (configuration.role === 'master') for (const listener of programListeners()) audit.onEvent(listener);
  const { role, memberId, warnings } = configuration;
  const started = endAtSignal(audit, role === 'slave' ? FAILURE : undefined);
  audit.emit({ type: 'version', version: packageVersion() });
  audit.emit({ type: 'init', role, memberId });
  for (const text of warnings) audit.emit({ type: 'warning', text });
  lostOutput.tell((text) => audit.emit({ type: 'warning', text }));
  let code = FAILURE;
  try {
    code = await (role === 'master'
      ? runMaster(configuration, audit, started)
      : runSlave(configuration, audit, parent, started));
  } catch (error) {
    audit.tellAsItIs(describeOwn(error));
  }
  started();
  tellMistyped(configuration, audit);
  stopReopening();
  await audit.flush();
  exitAfterLingering(audit, code);
  return code;
}

/** Once more: the first time may have scrolled away, and the run was without what was meant. */
function tellMistyped(configuration: Configuration, audit: ProgramTrail): void {
  const isForPeople = saysNotices(configuration);
  for (const text of configuration.mistyped) {
    if (isForPeople) audit.tellPeople(text);
    else audit.emit({ type: 'warning', text });
  }
}

function checkCall(argv: unknown, defaults: unknown): void {
  checkOptionsObject('initialize', defaults, ['master', 'slaves', '…']);
  if (Array.isArray(argv) && argv.every((argument) => typeof argument === 'string')) return;
  throw new UsageError(
    'initialize takes the arguments of the command line, and then flags: initialize(process.argv.slice(2), { slaves: 4 })',
  );
}

/** `started` is called when it is ready for signals. */
async function runMaster(
  configuration: Configuration,
  audit: ProgramTrail,
  started: () => void,
): Promise<number> {
  const algorithm = programMaster();
  if (algorithm === undefined) {
    audit.emit({ type: 'master-algorithm-missing' });
    return FAILURE;
  }
  const threads = new MasterThreads(configuration);
  let watch: MasterWatch | undefined;
  try {
    const { RunningMaster } = await import('./master/run-master.js');
    watch = await openWatch({
      configuration,
      trail: audit,
      place: 'program',
      hasNotices: saysNotices(configuration),
      say: (text) => audit.tellPeople(text),
    });
    const running = await RunningMaster.start({
      configuration,
      audit,
      threads,
      program: programFile(process.argv[1]),
      authorizeSlave: programAuthorization(),
      serverAuth: programServerAuth(),
      dashboardUrl: watch.dashboardUrl,
    });
    watch.begin(running);
    started();
    return await playMaster({
      configuration,
      audit,
      algorithm,
      running,
      tell: (text) => audit.tellAsItIs(text),
    });
  } finally {
    await threads.end();
    await watch?.end();
  }
}

async function runSlave(
  configuration: Configuration,
  audit: ProgramTrail,
  parent: LocalParent | undefined,
  started: () => void,
): Promise<number> {
  const abort = new AbortController();
  // Its thread and the slave load side by side
  const spare = new SpareThread('sentinel');
  const { createSlave } = await import('./slave/run-slave.js');
  let failed = false;
  started();
  const interruption = watchForInterruption(audit, ({ error }) => {
    // Errors that follow from the first one need no stack of their own.
    if (!failed) audit.tellAsItIs(describeThrown(error));
    failed = true;
    slave.fail(error);
  });
  void interruption.first.then(({ by }) => {
    if (by === 'signal') abort.abort();
  });
  const slave = createSlave({
    configuration,
    audit,
    algorithm: programSlave(),
    parent,
    mayKill: true,
    spare,
    signal: abort.signal,
  });
  let code = FAILURE;
  try {
    code = exitCodeOf(await slave.run(), audit);
  } catch (error) {
    audit.tellAsItIs(describeThrown(error));
  }
  interruption.end(code);
  return code;
}

function exitAfterLingering(audit: AuditTrail, code: number): void {
  const timer = setTimeout(() => {
    audit.emit({ type: 'still-open', what: heldOpen().join(', ') || 'unknown' });
    audit.flushSync();
    process.exit(code);
  }, LINGER_MS);
  timer.unref();
}

/** The handles that hold the event loop, without the standard streams, which do not. */
function heldOpen(): string[] {
  const held = process.getActiveResourcesInfo();
  const streams: readonly object[] = [process.stdout, process.stderr];
  for (const stream of streams) {
    const name = stream instanceof TerminalStream ? 'TTYWrap' : stream instanceof Socket ? 'PipeWrap' : '';
    const at = held.indexOf(name);
    if (at >= 0) held.splice(at, 1);
  }
  return held;
}
