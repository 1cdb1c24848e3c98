/** Owns the table of audit events and their fields; the writers decide how they are printed. */

/** A failed run of a task, as the audit trail shows it. */
export interface AuditedAttempt {
  /** The slave that had the task. */
  readonly sid: string;
  /** Which run of the task it was, from 1. */
  readonly attempt: number;
  /** How its end was seen, for example `silent for 30.1 s`. */
  readonly evidence: string;
}

/** The number of tasks of an algorithm. */
export interface AuditedCount {
  /** Its name. */
  readonly algorithm: string;
  /** Tasks of it. */
  readonly count: number;
}

/**
 * Every event, by its `type`: the text form (after the time stamp) and the meaning, then the fields.
 *
 * A row is a promise to readers of trails: types and fields are added, never renamed. Fields are ids and
 * plain values, never live objects. With a new row, add its template in `text-templates.ts` and a sample in
 * the round-trip test; neither compiles without. On the arrows, as in CL-MW: `X -> y` is what X gives or
 * becomes, `X <- y` what is given to X.
 */
export interface AuditEventTable {
  // Every process
  /** `VERSION ts-mw: Version 0.1.0`: the first line of a process. */
  version: { version: string };
  /** `INIT MASTER "m"`: the process has its role. */
  init: { role: 'master' | 'slave'; memberId: string };
  /** `BROKER READY embedded nats://127.0.0.1:4222`: the process is connected to its broker. */
  'broker-ready': { broker: 'embedded' | 'external'; url: string };
  /**
   * `BROKER LOST nats://h:4222: reason`: the connection is gone; the process tries to connect again forever.
   */
  'broker-lost': { url: string; reason: string };
  /** `BROKER BACK nats://h:4222 after 0.3 s`: the connection works again. */
  'broker-back': { url: string; awaySeconds: number };
  /** `DATA-PORT READY 41234`: slaves may bring their data there. */
  'data-port-ready': { port: number };
  /** `SLAVE-0 DATA-PORT TAKEN`: data goes there instead of through the broker. */
  'data-port-taken': { peer: string };
  /** `SLAVE-0 DATA-PORT LOST`: data goes through the broker again. Not of a peer that has left or was lost within a second. */
  'data-port-lost': { peer: string };
  /** `DATA-PORT UNREACHABLE nats://h:41234 reason`: data goes through the broker; told once. */
  'data-port-unreachable': { url: string; reason: string };
  /** `SLAVE-0 <- RESEND results from 17`: the received data has a gap; the peer is asked to send again. */
  'resend-sent': { peer: string; stream: 'tasks' | 'results'; from: number };
  /** `SLAVE-0 -> RESEND tasks from 17`: the peer found a gap; it is sent again from there. */
  'resend-received': { peer: string; stream: 'tasks' | 'results'; from: number };
  /** `SLAVE-0 UNEXPECT reason`: an invalid frame of the peer was dropped. */
  'frame-dropped': { peer: string; reason: string };
  /** `SENTINEL Killing main: reason`: the sentinel ends its own process. */
  'killed-by-sentinel': { reason: string };
  /** `SIGNAL SIGINT`: a signal asked the process to end. */
  interrupted: { signal: string };
  /** `MW-INTERNAL Wrong exit code type/value [1.5], assuming 255.`: the return value of the algorithm. */
  'wrong-exit-code': { value: string };
  /**
   * `EOF FORCE -> Timeout, TCPSocketWrap`: the handles that still held the event loop when the process had to
   * end.
   */
  'still-open': { what: string };
  /** `AUDIT DROPPED 12 lines: reason`: the trail's destination did not take them in time. */
  'audit-dropped': { count: number; reason: string };
  /** `AUDIT REOPENED "path"`: after SIGHUP. */
  'audit-reopened': { path: string };
  /** `AUDIT ROTATED "path.1"`: the part of the trail before this file has that name. */
  'audit-rotated': { path: string };
  /** `WARNING text`. */
  warning: { text: string };
  /** `ERROR text`: an error, such as the stack of an exception of an algorithm. */
  error: { text: string };

  // A master
  /** `MASTER READY 127.0.0.1:4222`: slaves can join there. */
  'master-ready': { address: string };
  /** `JOIN node app.js --slave --master-port 4222`: a command line that starts a slave of this master. */
  'join-command': { command: string };
  /** `MASTER No master algorithm found. ...`: the program never called defineMaster. */
  'master-algorithm-missing': object;
  /** `MASTER Another master of member "m" is alive: evidence`: this one gives way. */
  'other-master-found': { memberId: string; evidence: string };
  /**
   * `PROGRESS 120 of 500 tasks, 2 failed, 4 slaves, 3 busy, 10.5 per second, 36.2 s left`: each minute with `--progress
   * log`. `submitted` are the tasks so far; the rate is that of the last half minute. Unknown values are left out.
   */
  progress: {
    done: number;
    submitted: number;
    failed: number;
    slaves: number;
    busy: number;
    perSecond?: number | undefined;
    remainingSeconds?: number | undefined;
  };
  /** `METRICS READY http://127.0.0.1:9400/metrics`: they can be read there. */
  'metrics-ready': { url: string };
  /** `DASHBOARD READY http://127.0.0.1:41234`: there, without the token that lets in. */
  'dashboard-ready': { url: string };
  /** `DASHBOARD REFUSED 3 from 127.0.0.1: a wrong token, ...`: requests within about a second, the first one from there. */
  'dashboard-refused': { address: string; count: number; reason: string };
  /** `DASHBOARD CONTROL cancelled TASK-7`: somebody at the dashboard did that. */
  'dashboard-control': { text: string };
  /** `DASHBOARD PROFILE SLAVE-3 for 5 s, from 127.0.0.1`: somebody there has asked for a profile of that process. */
  'dashboard-profile': { process: string; seconds: number; address: string };
  /** `CHECKPOINT "path" holds 120 results`: of the algorithms that this program has. */
  'checkpoint-opened': { path: string; results: number };
  /** `RESFILE Generated resource file: "path"`. */
  'resource-file-written': { path: string };
  /** `RESFILE Cannot write resource file "path": reason`; it is tried again at the next update. */
  'resource-file-unwritten': { path: string; reason: string };
  /** `FINI SHUTDOWN "m"`: the last line of a master. */
  'master-finished': { memberId: string };
  /** `BROKER No token in use: whoever reaches nats://h:4222 can join.` */
  'no-token': { url: string };
  /** `BROKER AUTH FAILED 10.0.0.7:5123 reason`: a client with a wrong token or none. */
  'auth-failed': { address: string; reason: string };
  /** `BROKER AUTH FAILURES 12 more from 10.0.0.7: reason`: within about a second, after a line of its own. */
  'auth-failures': { address: string; count: number; reason: string };
  /** `EOF -> 10.0.0.7:5123 reason`: the embedded broker closed a client. */
  'broker-client-closed': { address: string; reason: string };

  // Slaves that join
  /** `NEW-CLIENT -> host:4711`: a first hello. */
  'hello-received': { host: string; pid: number };
  /** `NEW-CLIENT <- EXPECTED MEMBER "a" GOT MEMBER "b" host:4711`: refused. */
  'member-refused': { expected: string; got: string; host: string; pid: number };
  /** `NEW-CLIENT <- REFUSED host:4711 reason`: another run, version or code. */
  'hello-refused': { host: string; pid: number; reason: string };
  /** `SLAVE-0 WARNING accepted with other code: hello, square`: `--allow-version-skew`. */
  'skew-accepted': { sid: string; algorithms: string };
  /** `SLAVE-3 JOINED AGAIN, was SLAVE-0`: a slave whose session was over has a new one. */
  'slave-rejoined': { sid: string; previousSid: string };
  /** `SLAVE-3 GOES ON with TASK-7, begun as SLAVE-0`: that run counts as if it had never been lost. */
  'task-resumed': { sid: string; taskId: string; previousSid: string };

  // A slave, as its master sees it
  /** `SLAVE-0 <- SHARE key 48000000 bytes`: a shared value was sent to it. */
  'share-sent': { sid: string; key: string; bytes: number };
  /** `SLAVE-0 <- SHARE COPY key 48000000 bytes`: it was told of a copy on its machine, and reads it by itself. */
  'share-copied': { sid: string; key: string; bytes: number };
  /**
   * `SLAVE-0 host:4711 -> ["m"] :connecting [:unordered] concurrency 4`: it has its sid; `concurrency` is the
   * number of tasks that it runs at once, if more than one.
   */
  'slave-connecting': {
    sid: string;
    host: string;
    pid: number;
    memberId: string;
    kind: SlaveKind;
    concurrency?: number | undefined;
  };
  /** `SLAVE-0 -> :idle`. */
  'slave-idle': { sid: string };
  /** `SLAVE-0 -> :busy`. */
  'slave-busy': { sid: string };
  /** `SLAVE-0 <- 12 tasks`. */
  'tasks-sent': { sid: string; count: number };
  /** `SLAVE-0 -> 12 results`. */
  'results-received': { sid: string; count: number };
  /** `SLAVE-0 COMPUTED 12 tasks in 600 us, 2 failed`: since the last such line; `failed` runs threw or took too long. */
  'slave-computed': { sid: string; count: number; micros: number; failed?: number | undefined };
  /**
   * `SLAVE-0 RAN "hello" 17=500,18#2=60:error us`: with `--audit-runs`, each run that has ended: its task, its attempt
   * from the second on, its microseconds, and its outcome unless it returned. They are in the order of their ends, and
   * lines of one message of results follow each other. `:ordered` are tasks that were for this slave. Without an
   * algorithm, the tasks have had their fate.
   */
  'runs-ended': {
    sid: string;
    algorithm?: string | undefined;
    kind?: 'ordered' | undefined;
    runs: string;
  };
  /** `SLAVE-0 -> RECALLED 12 tasks`: unstarted ones, they are back in the jar. */
  'tasks-recalled': { sid: string; count: number };
  /** `SLAVE-0 SLOW TASK-7 4.0 s, expected at most 0.2 s`: a second slave gets the task too. */
  'task-backed-up': { sid: string; taskId: string; seconds: number; expected: number };
  /** `SLAVE-0 -> [:ordered]`: an unordered slave moves to a group that wants it. */
  'slave-moved': { sid: string; kind: SlaveKind };
  /** `SLAVE-0 -> :unordered`: freed. */
  'slave-freed': { sid: string };
  /** `SLAVE-0 SUSPECT evidence`: no new work until it answers or is lost. */
  'slave-suspected': { sid: string; evidence: string };
  /** `SLAVE-0 TRUSTED evidence`: the suspicion was wrong. */
  'suspicion-ended': { sid: string; evidence: string };
  /** `SLAVE-0 LOST -> :disconnected 503 for 2.0 s`, `silent for 30.1 s`, `process exited with code 3`. */
  'slave-lost': { sid: string; evidence: string };
  /** `SLAVE-0 CEOF -> :disconnected reason`: it left by itself. */
  'slave-left': { sid: string; reason: string };
  /** `SLAVE-0 <- STALE`: it used a session that has ended. */
  'stale-sent': { sid: string };
  /** `SLAVE-0 <- TRY-SHUTDOWN`. */
  'shutdown-sent': { sid: string };
  /** `SLAVE-0 -> :shutting-down`. */
  'slave-shutting-down': { sid: string };
  /** `SLAVE-0 NO ANSWER to the shutdown within 5.0 s`. */
  'shutdown-unanswered': { sid: string; waitedSeconds: number };
  /** `SLAVE-0 -> :disconnected`: after its shutdown. */
  'slave-disconnected': { sid: string };

  // Tasks
  /** `TASKS 0-99 SUBMITTED ("hello" 60, "square" 40)`: gathered for a second at most, over several lines if long. */
  'tasks-submitted': { tasks?: string | undefined; algorithms: readonly AuditedCount[] };
  /**
   * `TASKS SETTLED "hello" ok 0-57,59 error 58 unrunnable 60 times 50x20,61x39 us`: the fates of tasks, and
   * their run times in microseconds, rounded and counted.
   */
  'tasks-settled': {
    algorithm: string;
    ok?: string | undefined;
    error?: string | undefined;
    unrunnable?: string | undefined;
    times?: string | undefined;
  };
  /** `BROADCAST "load" to 4 slaves, late comers too`, or `not`: a task for each slave is submitted next. */
  broadcast: { algorithm: string; slaves: number; lateComers: 'too' | 'not' };
  /** `SLAVE-0 R TASK-7`: taken back from a lost slave. */
  'task-reclaimed': { sid: string; taskId: string };
  /** `TASK-7 UNRUNNABLE "hello" max-attempts (SLAVE-0 #1 "silent for 30.1 s", SLAVE-1 #2 "...")`. */
  'task-unrunnable': {
    taskId: string;
    algorithm: string;
    reason: string;
    history: readonly AuditedAttempt[];
  };
  /** `TASK-7 CANCELLED "hello" on SLAVE-0`: without a slave if it was queued. */
  'task-cancelled': { taskId: string; algorithm: string; sid?: string | undefined };
  /** `TASK-7 KILLED "hello" category "search" on SLAVE-0`: by the program, while it ran. */
  'task-killed': { taskId: string; algorithm: string; category: string; sid?: string | undefined };
  /**
   * `SLAVE-0 F TASK-7 #1 "hello" at "work (jobs.js:12:9)" again in 2.0 s: it threw RangeError: no`: a run that threw or
   * took too long. `frame` is that of `task-threw`, for a run that threw. Earlier versions wrote neither it nor `algorithm`.
   */
  'task-retried': {
    sid: string;
    taskId: string;
    attempt: number;
    algorithm?: string | undefined;
    frame?: string | undefined;
    waitSeconds: number;
    evidence: string;
  };
  /** `TASK-7 RETRY UNDECIDED #1 "hello" TypeError: no`: its `retryErrors` failed, so that its error is its fate. */
  'retry-undecided': { taskId: string; attempt: number; algorithm: string; reason: string };
  /**
   * `SLAVE-0 THREW TASK-7 #1 "hello" at "work (jobs.js:12:9)" RangeError: no`: the first of its kind. `frame` is the first
   * line of the stack that is the program's own.
   */
  'task-threw': {
    sid: string;
    taskId: string;
    attempt: number;
    algorithm: string;
    frame?: string | undefined;
    message: string;
  };
  /**
   * `THREW 100 times "hello" RangeError: no`: the count so far; without a message, it counts all kinds after
   * the first five.
   */
  'tasks-threw': { count: number; algorithm: string; message?: string | undefined };
  /**
   * `WAITING for slaves: 5 tasks queued, none here for 10.0 s; start some with --slave or --slaves N`. `hint`
   * names the likely mistake on the command line: `; --slavez is not a flag of ts-mw ...`.
   */
  'slaves-missing': { queued: number; waitedSeconds: number; hint?: string | undefined };
  /** `SLAVE-0 D TASK-7 duplicate`: a result that came too late, twice or from the wrong slave. */
  'result-dropped': { sid: string; taskId: string; reason: string };
  /**
   * `SLAVE-0 OFFER to "best" DROPPED TypeError: no`: what was offered to a cell could not be folded. The first one of each
   * cell is told, and at most 100.
   */
  'offer-dropped': { sid: string; cell: string; reason: string };

  // The slave processes that a master starts
  /**
   * `PROGRAM BUNDLED 9f86d081884c7d65 1840000 bytes in 1.2 s, made`: the program was made one file for machines that do
   * not have it; `sha256` is the beginning of its hash, `code` whether its code was made or is the one kept on the disk
   * or in memory, `addons` the native addons that it loads and that cannot travel.
   */
  'program-bundled': {
    sha256: string;
    bytes: number;
    seconds: number;
    code: 'made' | 'kept';
    addons?: string | undefined;
  };
  /** `LOCAL 0 STARTED pid 4711`: `index` counts them from 0. */
  'local-slave-started': { index: number; pid: number };
  /** `LOCAL 0 NOT STARTED reason`. */
  'local-slave-unstarted': { index: number; reason: string };
  /** `LOCAL 0 EXITED pid 4711 code 3`, or `signal SIGABRT`, or `signal SIGTERM; its master stopped it`. */
  'local-slave-exited': {
    index: number;
    pid: number;
    code?: number | undefined;
    signal?: string | undefined;
    note?: string | undefined;
  };
  /** `LOCAL 0 RESTART in 500 ms`. */
  'local-slave-restarting': { index: number; backoffMs: number };

  // A standing server, as it sees itself
  /** `SERVER READY 127.0.0.1:11111 "name" 8 slots`: masters may come. */
  'server-ready': { address: string; name: string; slots: number };
  /** `SERVER No token in use: anyone who reaches 127.0.0.1:11111 can run code here.` */
  'server-open': { address: string };
  /** `SERVER AUTH FAILED 10.0.0.7:5123 reason`: a connection that proved nothing, or was not allowed. */
  'server-auth-failed': { address: string; reason: string };
  /** `SERVER AUTH FAILURES 12 more from 10.0.0.7: reason`: within about a second, after a line of its own. */
  'server-auth-failures': { address: string; count: number; reason: string };
  /** `LEASE-1 BEGUN 10.0.0.7:5123 ["m"] user alice`: a master is there; `user` as far as it is proved. */
  'lease-begun': { lease: string; address: string; memberId: string; user?: string | undefined };
  /** `LEASE-1 SLOTS 2 of 4`: the slots that it has now, of those that it asked for. */
  'lease-granted': { lease: string; slots: number; wanted: number };
  /** `LEASE-1 -> BUNDLE sha256 480000 bytes in 0.1 s`. */
  'bundle-received': { lease: string; sha256: string; bytes: number; seconds: number };
  /** `BUNDLE DROPPED sha256 480000 bytes`: to keep the cache within its bounds. */
  'bundle-dropped': { sha256: string; bytes: number };
  /** `LEASE-1 SLAVE 3 STARTED pid 4711`. */
  'lease-slave-started': { lease: string; slave: number; pid: number };
  /** `LEASE-1 SLAVE 3 ENDED pid 4711 code 3`; without a pid it could not be started. */
  'lease-slave-ended': {
    lease: string;
    slave: number;
    pid?: number | undefined;
    code?: number | undefined;
    signal?: string | undefined;
    reason?: string | undefined;
  };
  /** `LEASE-1 ENDED after 12.0 s: reason`: nothing of it is left. */
  'lease-ended': { lease: string; seconds: number; reason: string };
  /** `SERVER ENDING with 2 leases`: it takes no new master. */
  'server-ending': { leases: number };
  /** `FINI SERVER "name"`: the last line of a server. */
  'server-finished': { name: string };
  // The farm: machines on which a master starts slaves
  /**
   * `MACHINE "big" -> :failing again in 2.0 s: reason`: it has another state, of `starting`, `validating`, `ready`,
   * `failing`, `given-up`, `draining` and `gone`. The one of `--slaves` is not told of.
   */
  'machine-state': {
    machine: string;
    state: string;
    againSeconds?: number | undefined;
    reason?: string | undefined;
  };
  /** `MACHINE "big" IS host linux node 20.11.1 cores 8 memory 16000000000 bytes clock 3 ms ahead`: it was reached. */
  'machine-reached': {
    machine: string;
    hostname: string;
    platform: string;
    node: string;
    cores: number;
    memoryBytes: number;
    clockOffsetMs: number;
  };
  /** `MACHINE "big" <- PROGRAM 480000 bytes in 0.1 s`: by ssh, or to a server that did not have it yet. */
  'machine-program-sent': { machine: string; bytes: number; seconds: number };
  /** `MACHINE "h:11111" REFUSED reason`: a standing server answers and will not have this master, or is not trusted. */
  'machine-refused': { machine: string; reason: string };
  /** `MACHINE "h:11111" SLOTS 2 of 4`: the slots that a server lends now, of those that were asked for. */
  'machine-granted': { machine: string; slots: number; wanted: number };
  /** `MACHINE "big" SLAVE 0 STARTED pid 4711`: `index` counts from 0 on each machine. */
  'machine-slave-started': { machine: string; index: number; pid: number };
  /** `MACHINE "big" SLAVE 0 ENDED pid 4711 exited with code 3`: without a pid if it was not started. */
  'machine-slave-ended': {
    machine: string;
    index: number;
    pid?: number | undefined;
    how: string;
  };
  /** `MACHINE "big" SLAVE 0 RESTART in 500 ms`. */
  'machine-slave-restarting': { machine: string; index: number; backoffMs: number };
  /** `FARM 4 -> 6 slaves: 120 tasks of 1.5 s each`: slaves are started, or idle ones retire. */
  'farm-changed': { slaves: number; wanted: number; because: string };

  // A slave, as it sees itself
  /** `SHARE ASKED key 48000000 bytes`: a task needs a shared value, which the master is asked for. */
  'share-asked': { key: string; bytes: number };
  /** `SHARE RECEIVED key 48000000 bytes`: a shared value has come. */
  'share-received': { key: string; bytes: number };
  /** `SHARE DROPPED key 48000000 bytes`: to make room for another, within `--share-cache`. */
  'share-dropped': { key: string; bytes: number };
  /** `SLAVE Using default slave algorithm.` */
  'default-slave-algorithm': object;
  /** `RESFILE Loading resource file: "path"`. */
  'resource-file-loading': { path: string };
  /** `RESFILE WARNING: reason`: missing, half-written, foreign; the reason names the path. */
  'resource-file-unusable': { reason: string };
  /** `RESFILE Computation finished at 2026-01-01T00:00:00.000Z, run r: "path"`. */
  'resource-file-finished': { timestamp: string; runId: string; path: string };
  /** `BROKER <- CONNECTED TO h:4222`: to the broker; it is not known yet whether a master is there. */
  'connected-to-broker': { address: string };
  /**
   * `MASTER -> NO ANSWER at h:4222: reason`: the broker is there, but no master; the slave tries again until
   * `--connect-timeout`.
   */
  'master-unheard': { address: string; reason: string };
  /** `MASTER <- CONNECTED TO h:4222 FROM h:5123`: a master has answered, and the slave has joined it. */
  'connected-to-master': { address: string; from?: string | undefined };
  /** `MASTER <- CONNECT REFUSED h:4222 reason`; tried again until `--connect-timeout`. */
  'connect-refused': { address: string; reason: string };
  /** `MASTER No master of member "m" at nats://h:4222 within 30.0 s: the last attempt failed: reason`. */
  'master-not-found': {
    memberId: string;
    url?: string | undefined;
    waitedSeconds: number;
    reason?: string | undefined;
  };
  /** `MASTER -> REFUSED reason`: the master's words. */
  'refused-by-master': { reason: string };
  /** `MASTER -> ID SLAVE-0`. */
  'id-received': { sid: string };
  /** `MASTER -> 12 tasks (3 grouping)`: `grouping` is the number of results in one message; 0 is `auto`. */
  'tasks-received': { count: number; grouping: number };
  /** `MASTER <- 12 results`. */
  'results-sent': { count: number };
  /** `MASTER -> STALE`: the session has ended; the slave joins again. */
  'stale-received': object;
  /** `MASTER -> SHUTDOWN`. */
  'shutdown-received': object;
  /** `MASTER -> CEOF evidence`: the master is gone. */
  'master-lost': { evidence: string };
  /** `FINI MASTER-SHUTDOWN "m"`, `MASTER-DISCONNECT` or `COMPUTATION-FINISHED`: a slave's last line. */
  'slave-finished': {
    outcome: 'master-shutdown' | 'master-disconnect' | 'computation-finished';
    memberId: string;
  };
}

/** The use of an allocated slave: CL-MW's slave groups. */
export type SlaveKind = 'unordered' | 'ordered' | 'intermingle';

/** The `type` of an event, for example `tasks-sent`: the keys of the table. */
export type AuditEventType = keyof AuditEventTable;

/** The event of one type, such as `AuditEventOf<'tasks-sent'>`. */
export type AuditEventOf<T extends AuditEventType> = Readonly<{ type: T } & AuditEventTable[T]>;

/** One thing that happened: a plain object, discriminated by `type`. */
export type AuditEvent = { [T in AuditEventType]: AuditEventOf<T> }[AuditEventType];

/**
 * Events that every message causes. Their lines may wait for some milliseconds to be written together. Any
 * other line goes to the operating system at once, since the user's code may block main for an hour right
 * after it.
 */
export const FREQUENT_EVENTS: ReadonlySet<AuditEventType> = new Set([
  'slave-idle',
  'slave-busy',
  'tasks-sent',
  'results-received',
  'tasks-received',
  'results-sent',
  'runs-ended',
  'tasks-submitted',
  'tasks-settled',
  'slave-computed',
]);
