/** `--repl`: a master whose algorithm is typed, from its start to its end. */

import { devNull } from 'node:os';
import { inspect } from 'node:util';
import { setProgramSubmitter } from '../../algorithms/submitter-context.js';
import { reopenOnHangup } from '../../audit/audit-trail.js';
import type { AuditEventType } from '../../audit/events.js';
import { formatText } from '../../audit/format/text-format.js';
import { followTrail } from '../../audit/notices/follow-trail.js';
import { hasColours } from '../../audit/notices/has-colours.js';
import { formatNotice } from '../../audit/notices/notice.js';
import { MasterNotices } from '../../picture/notices/master-notices.js';
import { Picture } from '../../picture/picture.js';
import { counted } from '../../structures/counted.js';
import { programAuthorization, programListeners, programServerAuth } from '../define-program.js';
import type { Configuration } from '../flags/configuration.js';
import { RunningMaster } from '../master/run-master.js';
import { END_SIGNALS, type EndSignal, endAtSignal, SIGNAL_CODES } from '../process/interruption.js';
import { programFile } from '../process/one-executable.js';
import { packageVersion } from '../process/versions.js';
import { openTrail } from '../trail/open-trail.js';
import { openWatch } from '../watch/open-watch.js';
import { MwRepl } from './mw-repl.js';
import { helpText, replNames } from './repl-names.js';

/** Printed also while the audit trail is not shown, if no terminal shows notices. */
const ALWAYS_SHOWN: ReadonlySet<AuditEventType> = new Set(['warning', 'error', 'local-slave-unstarted']);

/** Input of a session may still hold the event loop. */
const LINGER_MS = 2_000;

/**
 * Returns the exit code: 0 after Ctrl-D or `.exit`, 130 after SIGINT, which Ctrl-C at a terminal is not, and 143 after
 * SIGTERM. Throws if the master cannot start.
 */
export async function runRepl(configuration: Configuration): Promise<number> {
  const { auditFile, memberId } = configuration;
  const trail = openTrail(configuration, 'listeners-only');
  // With no file to open again, the end of its terminal ends it
  const stopReopening = auditFile === undefined ? undefined : reopenOnHangup(trail);
  const audit = { shown: false };
  const picture = new Picture();
  trail.onEvent((event, timeMs) => picture.take(event, timeMs));
  let repl: MwRepl | undefined;
  const atTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const coloured = hasColours(atTerminal, process.env);
  if (atTerminal) {
    followTrail(trail, new MasterNotices(), (notices, timeMs) => {
      if (audit.shown) return;
      for (const notice of notices) say(formatNotice(notice, timeMs, coloured), repl);
    });
  }
  trail.onEvent((event, timeMs) => {
    const shown = audit.shown || (!atTerminal && ALWAYS_SHOWN.has(event.type));
    if (shown) say(formatText(event, timeMs), repl);
    repl?.refresh();
  });
  for (const listener of programListeners()) trail.onEvent(listener);
  const started = endAtSignal(trail);
  trail.emit({ type: 'version', version: packageVersion() });
  trail.emit({ type: 'init', role: 'master', memberId });
  for (const text of configuration.warnings) trail.emit({ type: 'warning', text });

  const watch = await openWatch({
    configuration,
    trail,
    place: 'prompt',
    hasNotices: true,
    say: (text) => say(text, repl),
  });
  const running = await RunningMaster.start({
    configuration,
    audit: trail,
    program: programFile(process.argv[1]),
    authorizeSlave: programAuthorization(),
    serverAuth: programServerAuth(),
    writeOutput(_stream, text) {
      say(text.slice(0, -1), repl);
      return true;
    },
    dashboardUrl: watch.dashboardUrl,
    // Their lines would appear in the middle of the input
    ...(auditFile === undefined ? { slaveAuditFile: devNull } : {}),
  });
  watch.begin(running);
  const killLocalSlaves = (): void => running.killLocalSlaves();
  process.on('exit', killLocalSlaves);
  setProgramSubmitter(running.master);
  started();
  const interrupted = firstSignal();
  const [url = ''] = running.address.urls;
  process.stdout.write(`ts-mw ${packageVersion()}, master at ${url}. Type .help for help.\n`);
  repl = await MwRepl.open({
    names: replNames({ running, picture, audit, onAudit: (listener) => trail.onEvent(listener) }),
    help: helpText(),
    prompt: () => promptOf(running.master.slaves.length, running.handle.pendingTasks),
  });
  // A task may fail before its future is awaited; the master rejects that, outside of any input
  const onRejection = (reason: unknown): void => say(`Uncaught ${inspect(reason)}`, repl);
  process.on('unhandledRejection', onRejection);
  const signal = await Promise.race([repl.closed.then(() => undefined), interrupted]);
  if (signal !== undefined) trail.emit({ type: 'interrupted', signal });
  // An error of input that was not awaited has no reader any more
  process.on('unhandledRejection', () => {});
  process.off('unhandledRejection', onRejection);
  repl.close();
  await running.end(signal === undefined ? { by: 'return' } : { by: 'signal', signal });
  await watch.end();
  setProgramSubmitter(undefined);
  process.off('exit', killLocalSlaves);
  stopReopening?.();
  await trail.close();
  const code = signal === undefined ? 0 : SIGNAL_CODES[signal];
  setTimeout(() => process.exit(code), LINGER_MS).unref();
  return code;
}

/** The user insists with a second one, which ends the process as Node does. */
function firstSignal(): Promise<EndSignal> {
  return new Promise((resolve) => {
    const onSignal = (signal: EndSignal): void => {
      for (const name of END_SIGNALS) process.off(name, onSignal);
      resolve(signal);
    };
    for (const name of END_SIGNALS) process.on(name, onSignal);
  });
}

function promptOf(slaves: number, pending: number): string {
  return `mw ${counted(slaves, 'slave')}, ${pending} pending> `;
}

function say(line: string, repl: MwRepl | undefined): void {
  if (repl === undefined) process.stdout.write(`${line}\n`);
  else repl.print(line);
}
