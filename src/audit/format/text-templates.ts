/**
 * Owns the text form of every audit event: one template each, in CL-MW's words where CL-MW has the same
 * event.
 */
import type { AuditEventOf, AuditEventType } from '../events.js';

/*
 * A template is subject and text. `{field:kind}` stands for a field, `[[...]]` for a part that is left out
 * when its field is undefined. The kinds, which also say how a field is read back:
 *   id    SLAVE-n, TASK-n or MASTER         word   has no blanks
 *   int   a whole number                    sec    seconds, with one digit after the point
 *   name  quoted, as a JSON string          text   to the end of the line
 *   caps  a word in upper case, in lower case in the event
 *   runs  a task's history                  tally  numbers of tasks, by algorithm
 */

type FieldsOf<S extends string> = S extends `${string}{${infer Field}:${infer Rest}`
  ? Field | FieldsOf<Rest>
  : never;

/** Refuses a template that names a field that its event does not have, or leaves out one that it has. */
type Whole<T extends Record<AuditEventType, string>> = {
  [K in AuditEventType]: [FieldsOf<T[K]>] extends [keyof AuditEventOf<K>]
    ? [Exclude<keyof AuditEventOf<K>, 'type'>] extends [FieldsOf<T[K]>]
      ? T[K]
      : `${K} has a field that its template leaves out`
    : `${K} has no such field`;
};

function whole<const T extends Record<AuditEventType, string>>(templates: T & Whole<T>): T {
  return templates;
}

export const TEXT_TEMPLATES: Readonly<Record<AuditEventType, string>> = whole({
  'slave-idle': '{sid:id} -> :idle',
  'slave-busy': '{sid:id} -> :busy',
  'tasks-sent': '{sid:id} <- {count:int} tasks',
  'results-received': '{sid:id} -> {count:int} results',
  'tasks-received': 'MASTER -> {count:int} tasks ({grouping:int} grouping)',
  'results-sent': 'MASTER <- {count:int} results',
  'runs-ended': '{sid:id} RAN[[ {algorithm:name}]][[ :{kind:word}]] {runs:word} us',
  'slave-computed': '{sid:id} COMPUTED {count:int} tasks in {micros:int} us[[, {failed:int} failed]]',
  'tasks-submitted': 'TASKS[[ {tasks:word}]] SUBMITTED ({algorithms:tally})',
  'tasks-settled':
    'TASKS SETTLED {algorithm:name}[[ ok {ok:word}]][[ error {error:word}]][[ unrunnable {unrunnable:word}]][[ times {times:word} us]]',

  version: 'VERSION ts-mw: Version {version:word}',
  init: 'INIT {role:caps} {memberId:name}',
  'broker-ready': 'BROKER READY {broker:word} {url:word}',
  'data-port-ready': 'DATA-PORT READY {port:int}',
  'data-port-taken': '{peer:id} DATA-PORT TAKEN',
  'data-port-lost': '{peer:id} DATA-PORT LOST',
  'data-port-unreachable': 'DATA-PORT UNREACHABLE {url:word} {reason:text}',
  'broker-lost': 'BROKER LOST {url:word} {reason:text}',
  'broker-back': 'BROKER BACK {url:word} after {awaySeconds:sec} s',
  'resend-sent': '{peer:id} <- RESEND {stream:word} from {from:int}',
  'resend-received': '{peer:id} -> RESEND {stream:word} from {from:int}',
  'frame-dropped': '{peer:id} UNEXPECT {reason:text}',
  'killed-by-sentinel': 'SENTINEL Killing main: {reason:text}',
  interrupted: 'SIGNAL {signal:word}',
  'wrong-exit-code': 'MW-INTERNAL Wrong exit code type/value [{value:text}], assuming 255.',
  'still-open': 'EOF FORCE -> {what:text}',
  'audit-dropped': 'AUDIT DROPPED {count:int} lines: {reason:text}',
  'audit-reopened': 'AUDIT REOPENED {path:name}',
  'audit-rotated': 'AUDIT ROTATED {path:name}',
  warning: 'WARNING {text:text}',
  error: 'ERROR {text:text}',

  'master-ready': 'MASTER READY {address:word}',
  'join-command': 'JOIN {command:text}',
  'master-algorithm-missing':
    'MASTER No master algorithm found. You must define a master algorithm with defineMaster.',
  'other-master-found': 'MASTER Another master of member {memberId:name} is alive: {evidence:text}',
  progress:
    'PROGRESS {done:int} of {submitted:int} tasks, {failed:int} failed, {slaves:int} slaves, {busy:int} busy[[, {perSecond:sec} per second]][[, {remainingSeconds:sec} s left]]',
  'metrics-ready': 'METRICS READY {url:word}',
  'dashboard-ready': 'DASHBOARD READY {url:word}',
  'dashboard-refused': 'DASHBOARD REFUSED {count:int} from {address:word}: {reason:text}',
  'dashboard-control': 'DASHBOARD CONTROL {text:text}',
  'dashboard-profile': 'DASHBOARD PROFILE {process:word} for {seconds:int} s, from {address:word}',
  'checkpoint-opened': 'CHECKPOINT {path:name} holds {results:int} results',
  'resource-file-written': 'RESFILE Generated resource file: {path:name}',
  'resource-file-unwritten': 'RESFILE Cannot write resource file {path:name}: {reason:text}',
  'master-finished': 'FINI SHUTDOWN {memberId:name}',
  'no-token': 'BROKER No token in use: whoever reaches {url:word} can join.',
  'auth-failed': 'BROKER AUTH FAILED {address:word} {reason:text}',
  'auth-failures': 'BROKER AUTH FAILURES {count:int} more from {address:word}: {reason:text}',
  'broker-client-closed': 'EOF -> {address:word} {reason:text}',

  'hello-received': 'NEW-CLIENT -> {host:word}:{pid:int}',
  'member-refused':
    'NEW-CLIENT <- EXPECTED MEMBER {expected:name} GOT MEMBER {got:name} {host:word}:{pid:int}',
  'hello-refused': 'NEW-CLIENT <- REFUSED {host:word}:{pid:int} {reason:text}',
  'skew-accepted': '{sid:id} WARNING accepted with other code: {algorithms:text}',
  'slave-rejoined': '{sid:id} JOINED AGAIN, was {previousSid:id}',
  'task-resumed': '{sid:id} GOES ON with {taskId:id}, begun as {previousSid:id}',

  'slave-connecting':
    '{sid:id} {host:word}:{pid:int} -> [{memberId:name}] :connecting [:{kind:word}][[ concurrency {concurrency:int}]]',
  'share-sent': '{sid:id} <- SHARE {key:word} {bytes:int} bytes',
  'share-copied': '{sid:id} <- SHARE COPY {key:word} {bytes:int} bytes',
  'tasks-recalled': '{sid:id} -> RECALLED {count:int} tasks',
  'task-backed-up': '{sid:id} SLOW {taskId:id} {seconds:sec} s, expected at most {expected:sec} s',
  'slave-moved': '{sid:id} -> [:{kind:word}]',
  'slave-freed': '{sid:id} -> :unordered',
  'slave-suspected': '{sid:id} SUSPECT {evidence:text}',
  'suspicion-ended': '{sid:id} TRUSTED {evidence:text}',
  'slave-lost': '{sid:id} LOST -> :disconnected {evidence:text}',
  'slave-left': '{sid:id} CEOF -> :disconnected {reason:text}',
  'stale-sent': '{sid:id} <- STALE',
  'shutdown-sent': '{sid:id} <- TRY-SHUTDOWN',
  'slave-shutting-down': '{sid:id} -> :shutting-down',
  'shutdown-unanswered': '{sid:id} NO ANSWER to the shutdown within {waitedSeconds:sec} s',
  'slave-disconnected': '{sid:id} -> :disconnected',

  broadcast: 'BROADCAST {algorithm:name} to {slaves:int} slaves, late comers {lateComers:word}',
  'task-reclaimed': '{sid:id} R {taskId:id}',
  'task-unrunnable': '{taskId:id} UNRUNNABLE {algorithm:name} {reason:word} ({history:runs})',
  'task-cancelled': '{taskId:id} CANCELLED {algorithm:name}[[ on {sid:id}]]',
  'task-killed': '{taskId:id} KILLED {algorithm:name} category {category:name}[[ on {sid:id}]]',
  'task-retried':
    '{sid:id} F {taskId:id} #{attempt:int}[[ {algorithm:name}]][[ at {frame:name}]] again in {waitSeconds:sec} s: {evidence:text}',
  'retry-undecided': '{taskId:id} RETRY UNDECIDED #{attempt:int} {algorithm:name} {reason:text}',
  'task-threw':
    '{sid:id} THREW {taskId:id} #{attempt:int} {algorithm:name}[[ at {frame:name}]] {message:text}',
  'tasks-threw': 'THREW {count:int} times {algorithm:name}[[ {message:text}]]',
  'slaves-missing':
    'WAITING for slaves: {queued:int} tasks queued, none here for {waitedSeconds:sec} s; start some with --slave or --slaves N[[; {hint:text}]]',
  'result-dropped': '{sid:id} D {taskId:id} {reason:text}',
  'offer-dropped': '{sid:id} OFFER to {cell:name} DROPPED {reason:text}',

  'program-bundled':
    'PROGRAM BUNDLED {sha256:word} {bytes:int} bytes in {seconds:sec} s, {code:word}[[; without {addons:text}]]',
  'local-slave-started': 'LOCAL {index:int} STARTED pid {pid:int}',
  'local-slave-unstarted': 'LOCAL {index:int} NOT STARTED {reason:text}',
  'local-slave-exited':
    'LOCAL {index:int} EXITED pid {pid:int}[[ code {code:int}]][[ signal {signal:word}]][[; {note:text}]]',
  'local-slave-restarting': 'LOCAL {index:int} RESTART in {backoffMs:int} ms',

  'server-ready': 'SERVER READY {address:word} {name:name} {slots:int} slots',
  'server-open': 'SERVER No token in use: anyone who reaches {address:word} can run code here.',
  'server-auth-failed': 'SERVER AUTH FAILED {address:word} {reason:text}',
  'server-auth-failures': 'SERVER AUTH FAILURES {count:int} more from {address:word}: {reason:text}',
  'lease-begun': '{lease:word} BEGUN {address:word} [{memberId:name}][[ user {user:name}]]',
  'lease-granted': '{lease:word} SLOTS {slots:int} of {wanted:int}',
  'bundle-received': '{lease:word} -> BUNDLE {sha256:word} {bytes:int} bytes in {seconds:sec} s',
  'bundle-dropped': 'BUNDLE DROPPED {sha256:word} {bytes:int} bytes',
  'lease-slave-started': '{lease:word} SLAVE {slave:int} STARTED pid {pid:int}',
  'lease-slave-ended':
    '{lease:word} SLAVE {slave:int} ENDED[[ pid {pid:int}]][[ code {code:int}]][[ signal {signal:word}]][[: {reason:text}]]',
  'lease-ended': '{lease:word} ENDED after {seconds:sec} s: {reason:text}',
  'server-ending': 'SERVER ENDING with {leases:int} leases',
  'server-finished': 'FINI SERVER {name:name}',
  'machine-state':
    'MACHINE {machine:name} -> :{state:word}[[ again in {againSeconds:sec} s]][[: {reason:text}]]',
  'machine-reached':
    'MACHINE {machine:name} IS {hostname:word} {platform:word} node {node:word} cores {cores:int} memory {memoryBytes:int} bytes clock {clockOffsetMs:int} ms ahead',
  'machine-program-sent': 'MACHINE {machine:name} <- PROGRAM {bytes:int} bytes in {seconds:sec} s',
  'machine-refused': 'MACHINE {machine:name} REFUSED {reason:text}',
  'machine-granted': 'MACHINE {machine:name} SLOTS {slots:int} of {wanted:int}',
  'machine-slave-started': 'MACHINE {machine:name} SLAVE {index:int} STARTED pid {pid:int}',
  'machine-slave-ended': 'MACHINE {machine:name} SLAVE {index:int} ENDED[[ pid {pid:int}]] {how:text}',
  'machine-slave-restarting': 'MACHINE {machine:name} SLAVE {index:int} RESTART in {backoffMs:int} ms',
  'farm-changed': 'FARM {slaves:int} -> {wanted:int} slaves: {because:text}',

  'default-slave-algorithm': 'SLAVE Using default slave algorithm.',
  'resource-file-loading': 'RESFILE Loading resource file: {path:name}',
  'resource-file-unusable': 'RESFILE WARNING: {reason:text}',
  'resource-file-finished': 'RESFILE Computation finished at {timestamp:word}, run {runId:word}: {path:name}',
  'connected-to-broker': 'BROKER <- CONNECTED TO {address:word}',
  'master-unheard': 'MASTER -> NO ANSWER at {address:word}: {reason:text}',
  'connected-to-master': 'MASTER <- CONNECTED TO {address:word}[[ FROM {from:word}]]',
  'connect-refused': 'MASTER <- CONNECT REFUSED {address:word} {reason:text}',
  'master-not-found':
    'MASTER No master of member {memberId:name}[[ at {url:word}]] within {waitedSeconds:sec} s[[: the last attempt failed: {reason:text}]]',
  'refused-by-master': 'MASTER -> REFUSED {reason:text}',
  'id-received': 'MASTER -> ID {sid:id}',
  'share-asked': 'SHARE ASKED {key:word} {bytes:int} bytes',
  'share-received': 'SHARE RECEIVED {key:word} {bytes:int} bytes',
  'share-dropped': 'SHARE DROPPED {key:word} {bytes:int} bytes',
  'stale-received': 'MASTER -> STALE',
  'shutdown-received': 'MASTER -> SHUTDOWN',
  'master-lost': 'MASTER -> CEOF {evidence:text}',
  'slave-finished': 'FINI {outcome:caps} {memberId:name}',
});

export const AUDIT_EVENT_TYPES = Object.keys(TEXT_TEMPLATES) as readonly AuditEventType[];
