/** One sample of every audit event, with its line; a type of event without a sample does not compile. */
import type { AuditEventOf, AuditEventType } from '../../src/audit/events.js';

type Samples = { readonly [T in AuditEventType]: readonly [AuditEventOf<T>, string] };

const sid = 'SLAVE-0';
const url = 'nats://127.0.0.1:4222';

export const SAMPLES: Samples = {
  version: [{ type: 'version', version: '0.1.0' }, 'VERSION ts-mw: Version 0.1.0'],
  init: [{ type: 'init', role: 'master', memberId: 'a "b"\n' }, 'INIT MASTER "a \\"b\\"\\n"'],
  'broker-ready': [
    { type: 'broker-ready', broker: 'embedded', url },
    'BROKER READY embedded nats://127.0.0.1:4222',
  ],
  'data-port-ready': [{ type: 'data-port-ready', port: 41234 }, 'DATA-PORT READY 41234'],
  'data-port-taken': [{ type: 'data-port-taken', peer: sid }, 'SLAVE-0 DATA-PORT TAKEN'],
  'data-port-lost': [{ type: 'data-port-lost', peer: 'MASTER' }, 'MASTER DATA-PORT LOST'],
  'data-port-unreachable': [
    { type: 'data-port-unreachable', url, reason: 'it does not answer' },
    'DATA-PORT UNREACHABLE nats://127.0.0.1:4222 it does not answer',
  ],
  'broker-lost': [
    { type: 'broker-lost', url, reason: 'closed by peer' },
    'BROKER LOST nats://127.0.0.1:4222 closed by peer',
  ],
  'broker-back': [
    { type: 'broker-back', url, awaySeconds: 0.3 },
    'BROKER BACK nats://127.0.0.1:4222 after 0.3 s',
  ],
  'resend-sent': [
    { type: 'resend-sent', peer: sid, stream: 'results', from: 17 },
    'SLAVE-0 <- RESEND results from 17',
  ],
  'resend-received': [
    { type: 'resend-received', peer: 'MASTER', stream: 'results', from: 1 },
    'MASTER -> RESEND results from 1',
  ],
  'frame-dropped': [
    { type: 'frame-dropped', peer: sid, reason: 'no such verb: \u001b[31mred' },
    'SLAVE-0 UNEXPECT no such verb: \\u001b[31mred',
  ],
  'killed-by-sentinel': [
    { type: 'killed-by-sentinel', reason: 'the master is gone' },
    'SENTINEL Killing main: the master is gone',
  ],
  interrupted: [{ type: 'interrupted', signal: 'SIGINT' }, 'SIGNAL SIGINT'],
  'wrong-exit-code': [
    { type: 'wrong-exit-code', value: '1.5' },
    'MW-INTERNAL Wrong exit code type/value [1.5], assuming 255.',
  ],
  'still-open': [{ type: 'still-open', what: 'Timeout, PipeWrap' }, 'EOF FORCE -> Timeout, PipeWrap'],
  'audit-dropped': [{ type: 'audit-dropped', count: 12, reason: 'ENOSPC' }, 'AUDIT DROPPED 12 lines: ENOSPC'],
  'audit-rotated': [{ type: 'audit-rotated', path: 'm.log.1' }, 'AUDIT ROTATED "m.log.1"'],
  'audit-reopened': [{ type: 'audit-reopened', path: '/a b/c.log' }, 'AUDIT REOPENED "/a b/c.log"'],
  warning: [
    { type: 'warning', text: 'C:\\new\r\nand\ttab\u2028end' },
    'WARNING C:\\\\new\\r\\nand\\ttab\\u2028end',
  ],
  error: [{ type: 'error', text: 'Error: x\n    at y' }, 'ERROR Error: x\\n    at y'],

  'master-ready': [{ type: 'master-ready', address: '127.0.0.1:4222' }, 'MASTER READY 127.0.0.1:4222'],
  'join-command': [
    { type: 'join-command', command: "node 'my app.js' --slave --master-port 4222" },
    "JOIN node 'my app.js' --slave --master-port 4222",
  ],
  'master-algorithm-missing': [
    { type: 'master-algorithm-missing' },
    'MASTER No master algorithm found. You must define a master algorithm with defineMaster.',
  ],
  'other-master-found': [
    { type: 'other-master-found', memberId: 'm', evidence: 'run 77 beats' },
    'MASTER Another master of member "m" is alive: run 77 beats',
  ],
  progress: [
    {
      type: 'progress',
      done: 120,
      submitted: 500,
      failed: 2,
      slaves: 4,
      busy: 3,
      perSecond: 10.5,
      remainingSeconds: 36.2,
    },
    'PROGRESS 120 of 500 tasks, 2 failed, 4 slaves, 3 busy, 10.5 per second, 36.2 s left',
  ],
  'metrics-ready': [
    { type: 'metrics-ready', url: 'http://127.0.0.1:9400/metrics' },
    'METRICS READY http://127.0.0.1:9400/metrics',
  ],
  'dashboard-ready': [
    { type: 'dashboard-ready', url: 'http://127.0.0.1:41234' },
    'DASHBOARD READY http://127.0.0.1:41234',
  ],
  'dashboard-refused': [
    { type: 'dashboard-refused', address: '127.0.0.1', count: 3, reason: 'a wrong token' },
    'DASHBOARD REFUSED 3 from 127.0.0.1: a wrong token',
  ],
  'dashboard-profile': [
    { type: 'dashboard-profile', process: 'SLAVE-3', seconds: 5, address: '127.0.0.1' },
    'DASHBOARD PROFILE SLAVE-3 for 5 s, from 127.0.0.1',
  ],
  'dashboard-control': [
    { type: 'dashboard-control', text: 'cancelled TASK-7' },
    'DASHBOARD CONTROL cancelled TASK-7',
  ],
  'checkpoint-opened': [
    { type: 'checkpoint-opened', path: '/tmp/a "b"', results: 120 },
    'CHECKPOINT "/tmp/a \\"b\\"" holds 120 results',
  ],
  'resource-file-written': [
    { type: 'resource-file-written', path: '/tmp/m.rsc' },
    'RESFILE Generated resource file: "/tmp/m.rsc"',
  ],
  'resource-file-unwritten': [
    { type: 'resource-file-unwritten', path: '/m.rsc', reason: 'EACCES' },
    'RESFILE Cannot write resource file "/m.rsc": EACCES',
  ],
  'master-finished': [{ type: 'master-finished', memberId: 'm' }, 'FINI SHUTDOWN "m"'],
  'no-token': [
    { type: 'no-token', url },
    'BROKER No token in use: whoever reaches nats://127.0.0.1:4222 can join.',
  ],
  'auth-failed': [
    { type: 'auth-failed', address: '10.0.0.7:5123', reason: 'wrong token' },
    'BROKER AUTH FAILED 10.0.0.7:5123 wrong token',
  ],
  'auth-failures': [
    { type: 'auth-failures', address: '2001:db8:0:7::/64', count: 12, reason: 'wrong token' },
    'BROKER AUTH FAILURES 12 more from 2001:db8:0:7::/64: wrong token',
  ],
  'broker-client-closed': [
    { type: 'broker-client-closed', address: '[::1]:5123', reason: 'slow consumer' },
    'EOF -> [::1]:5123 slow consumer',
  ],

  'hello-received': [{ type: 'hello-received', host: 'node-7', pid: 4711 }, 'NEW-CLIENT -> node-7:4711'],
  'member-refused': [
    { type: 'member-refused', expected: 'a', got: 'b "c"', host: 'h', pid: 1 },
    'NEW-CLIENT <- EXPECTED MEMBER "a" GOT MEMBER "b \\"c\\"" h:1',
  ],
  'hello-refused': [
    { type: 'hello-refused', host: 'h', pid: 1, reason: 'another version: 2' },
    'NEW-CLIENT <- REFUSED h:1 another version: 2',
  ],
  'skew-accepted': [
    { type: 'skew-accepted', sid, algorithms: 'hello, square' },
    'SLAVE-0 WARNING accepted with other code: hello, square',
  ],
  'slave-rejoined': [
    { type: 'slave-rejoined', sid: 'SLAVE-3', previousSid: sid },
    'SLAVE-3 JOINED AGAIN, was SLAVE-0',
  ],
  'share-sent': [
    { type: 'share-sent', sid, key: 'r8DYdZ-_', bytes: 48_000_000 },
    'SLAVE-0 <- SHARE r8DYdZ-_ 48000000 bytes',
  ],
  'share-copied': [
    { type: 'share-copied', sid, key: 'r8DYdZ-_', bytes: 48_000_000 },
    'SLAVE-0 <- SHARE COPY r8DYdZ-_ 48000000 bytes',
  ],
  'share-asked': [
    { type: 'share-asked', key: 'r8DYdZ-_', bytes: 48_000_000 },
    'SHARE ASKED r8DYdZ-_ 48000000 bytes',
  ],
  'share-received': [
    { type: 'share-received', key: 'r8DYdZ-_', bytes: 48_000_000 },
    'SHARE RECEIVED r8DYdZ-_ 48000000 bytes',
  ],
  'share-dropped': [{ type: 'share-dropped', key: 'r8DYdZ-_', bytes: 12 }, 'SHARE DROPPED r8DYdZ-_ 12 bytes'],
  'task-resumed': [
    { type: 'task-resumed', sid: 'SLAVE-3', taskId: 'TASK-7', previousSid: sid },
    'SLAVE-3 GOES ON with TASK-7, begun as SLAVE-0',
  ],

  'slave-connecting': [
    {
      type: 'slave-connecting',
      sid,
      host: 'a host',
      pid: 7,
      memberId: 'm',
      kind: 'unordered',
      concurrency: 4,
    },
    'SLAVE-0 a\\u0020host:7 -> ["m"] :connecting [:unordered] concurrency 4',
  ],
  'slave-idle': [{ type: 'slave-idle', sid }, 'SLAVE-0 -> :idle'],
  'slave-busy': [{ type: 'slave-busy', sid }, 'SLAVE-0 -> :busy'],
  'tasks-sent': [{ type: 'tasks-sent', sid, count: 12 }, 'SLAVE-0 <- 12 tasks'],
  'results-received': [{ type: 'results-received', sid, count: 1 }, 'SLAVE-0 -> 1 results'],
  'tasks-recalled': [{ type: 'tasks-recalled', sid, count: 5 }, 'SLAVE-0 -> RECALLED 5 tasks'],
  'task-backed-up': [
    { type: 'task-backed-up', sid, taskId: 'TASK-7', seconds: 4, expected: 0.2 },
    'SLAVE-0 SLOW TASK-7 4.0 s, expected at most 0.2 s',
  ],
  'slave-moved': [{ type: 'slave-moved', sid, kind: 'ordered' }, 'SLAVE-0 -> [:ordered]'],
  'slave-freed': [{ type: 'slave-freed', sid }, 'SLAVE-0 -> :unordered'],
  'slave-suspected': [
    { type: 'slave-suspected', sid, evidence: '503 from the broker' },
    'SLAVE-0 SUSPECT 503 from the broker',
  ],
  'suspicion-ended': [
    { type: 'suspicion-ended', sid, evidence: 'answered after 0.4 s' },
    'SLAVE-0 TRUSTED answered after 0.4 s',
  ],
  'slave-lost': [
    { type: 'slave-lost', sid, evidence: '503 for 2.0 s' },
    'SLAVE-0 LOST -> :disconnected 503 for 2.0 s',
  ],
  'slave-left': [
    { type: 'slave-left', sid, reason: 'another master was first' },
    'SLAVE-0 CEOF -> :disconnected another master was first',
  ],
  'stale-sent': [{ type: 'stale-sent', sid }, 'SLAVE-0 <- STALE'],
  'shutdown-sent': [{ type: 'shutdown-sent', sid }, 'SLAVE-0 <- TRY-SHUTDOWN'],
  'slave-shutting-down': [{ type: 'slave-shutting-down', sid }, 'SLAVE-0 -> :shutting-down'],
  'shutdown-unanswered': [
    { type: 'shutdown-unanswered', sid, waitedSeconds: 5 },
    'SLAVE-0 NO ANSWER to the shutdown within 5.0 s',
  ],
  'slave-disconnected': [{ type: 'slave-disconnected', sid }, 'SLAVE-0 -> :disconnected'],

  'tasks-submitted': [
    {
      type: 'tasks-submitted',
      tasks: '0-99,101',
      algorithms: [
        { algorithm: 'hello', count: 60 },
        { algorithm: 'a "b", "c" 2', count: 41 },
      ],
    },
    'TASKS 0-99,101 SUBMITTED ("hello" 60, "a \\"b\\", \\"c\\" 2" 41)',
  ],
  'tasks-settled': [
    {
      type: 'tasks-settled',
      algorithm: 'hello',
      ok: '0-57,59',
      error: '58',
      unrunnable: '60',
      times: '50x20,61x39',
    },
    'TASKS SETTLED "hello" ok 0-57,59 error 58 unrunnable 60 times 50x20,61x39 us',
  ],
  'runs-ended': [
    { type: 'runs-ended', sid, algorithm: 'hello', kind: 'ordered', runs: '17=500,18#2=60:error' },
    'SLAVE-0 RAN "hello" :ordered 17=500,18#2=60:error us',
  ],
  'slave-computed': [
    { type: 'slave-computed', sid, count: 12, micros: 600, failed: 2 },
    'SLAVE-0 COMPUTED 12 tasks in 600 us, 2 failed',
  ],
  broadcast: [
    { type: 'broadcast', algorithm: 'hello', slaves: 4, lateComers: 'too' },
    'BROADCAST "hello" to 4 slaves, late comers too',
  ],
  'task-reclaimed': [{ type: 'task-reclaimed', sid, taskId: 'TASK-7' }, 'SLAVE-0 R TASK-7'],
  'task-unrunnable': [
    {
      type: 'task-unrunnable',
      taskId: 'TASK-7',
      algorithm: 'hello',
      reason: 'max-attempts',
      history: [
        { sid, attempt: 1, evidence: 'process exited with signal SIGABRT' },
        { sid: 'SLAVE-1', attempt: 2, evidence: 'said "no", silent for 30.1 s' },
      ],
    },
    'TASK-7 UNRUNNABLE "hello" max-attempts (SLAVE-0 #1 "process exited with signal SIGABRT", ' +
      'SLAVE-1 #2 "said \\"no\\", silent for 30.1 s")',
  ],
  'task-cancelled': [
    { type: 'task-cancelled', taskId: 'TASK-7', algorithm: 'hello', sid },
    'TASK-7 CANCELLED "hello" on SLAVE-0',
  ],
  'task-killed': [
    { type: 'task-killed', taskId: 'TASK-7', algorithm: 'hello', category: 'a search', sid },
    'TASK-7 KILLED "hello" category "a search" on SLAVE-0',
  ],
  'retry-undecided': [
    {
      type: 'retry-undecided',
      taskId: 'TASK-7',
      attempt: 1,
      algorithm: 'hello "you"',
      reason: 'TypeError: no\n',
    },
    'TASK-7 RETRY UNDECIDED #1 "hello \\"you\\"" TypeError: no\\n',
  ],
  'task-threw': [
    {
      type: 'task-threw',
      sid,
      taskId: 'TASK-7',
      attempt: 1,
      algorithm: 'a "b"',
      message: 'RangeError: no\n',
    },
    'SLAVE-0 THREW TASK-7 #1 "a \\"b\\"" RangeError: no\\n',
  ],
  'tasks-threw': [
    { type: 'tasks-threw', count: 100, algorithm: 'hello', message: 'RangeError: no' },
    'THREW 100 times "hello" RangeError: no',
  ],
  'slaves-missing': [
    { type: 'slaves-missing', queued: 5, waitedSeconds: 10, hint: 'did you mean --slaves?' },
    'WAITING for slaves: 5 tasks queued, none here for 10.0 s; start some with --slave or --slaves N; did you mean --slaves?',
  ],
  'task-retried': [
    {
      type: 'task-retried',
      sid,
      taskId: 'TASK-7',
      attempt: 1,
      algorithm: 'a "b"',
      frame: 'work (jobs.js:12:9)',
      waitSeconds: 2.5,
      evidence: 'it threw Error: no',
    },
    'SLAVE-0 F TASK-7 #1 "a \\"b\\"" at "work (jobs.js:12:9)" again in 2.5 s: it threw Error: no',
  ],
  'result-dropped': [
    { type: 'result-dropped', sid, taskId: 'TASK-7', reason: 'duplicate' },
    'SLAVE-0 D TASK-7 duplicate',
  ],
  'offer-dropped': [
    { type: 'offer-dropped', sid, cell: 'best "one"', reason: 'TypeError: no\n' },
    'SLAVE-0 OFFER to "best \\"one\\"" DROPPED TypeError: no\\n',
  ],

  'program-bundled': [
    {
      type: 'program-bundled',
      sha256: '9f86d081884c7d65',
      bytes: 1_840_000,
      seconds: 1.2,
      code: 'made',
      addons: 'better-sqlite3-better_sqlite3.node',
    },
    'PROGRAM BUNDLED 9f86d081884c7d65 1840000 bytes in 1.2 s, made; without better-sqlite3-better_sqlite3.node',
  ],
  'local-slave-started': [{ type: 'local-slave-started', index: 0, pid: 4711 }, 'LOCAL 0 STARTED pid 4711'],
  'local-slave-unstarted': [
    { type: 'local-slave-unstarted', index: 1, reason: 'ENOENT' },
    'LOCAL 1 NOT STARTED ENOENT',
  ],
  'local-slave-exited': [
    { type: 'local-slave-exited', index: 0, pid: 4711, signal: 'SIGTERM', note: 'its master stopped it' },
    'LOCAL 0 EXITED pid 4711 signal SIGTERM; its master stopped it',
  ],
  'local-slave-restarting': [
    { type: 'local-slave-restarting', index: 0, backoffMs: 500 },
    'LOCAL 0 RESTART in 500 ms',
  ],

  'server-ready': [
    { type: 'server-ready', address: '127.0.0.1:11111', name: 'n', slots: 8 },
    'SERVER READY 127.0.0.1:11111 "n" 8 slots',
  ],
  'server-open': [
    { type: 'server-open', address: '127.0.0.1:11111' },
    'SERVER No token in use: anyone who reaches 127.0.0.1:11111 can run code here.',
  ],
  'server-auth-failed': [
    { type: 'server-auth-failed', address: '10.0.0.7:5123', reason: 'the secret is wrong' },
    'SERVER AUTH FAILED 10.0.0.7:5123 the secret is wrong',
  ],
  'server-auth-failures': [
    { type: 'server-auth-failures', address: '10.0.0.7', count: 12, reason: 'the secret is wrong' },
    'SERVER AUTH FAILURES 12 more from 10.0.0.7: the secret is wrong',
  ],
  'lease-begun': [
    { type: 'lease-begun', lease: 'LEASE-1', address: '10.0.0.7:5123', memberId: 'm', user: 'alice' },
    'LEASE-1 BEGUN 10.0.0.7:5123 ["m"] user "alice"',
  ],
  'lease-granted': [{ type: 'lease-granted', lease: 'LEASE-1', slots: 2, wanted: 4 }, 'LEASE-1 SLOTS 2 of 4'],
  'bundle-received': [
    { type: 'bundle-received', lease: 'LEASE-1', sha256: 'ab12', bytes: 480_000, seconds: 0.1 },
    'LEASE-1 -> BUNDLE ab12 480000 bytes in 0.1 s',
  ],
  'bundle-dropped': [
    { type: 'bundle-dropped', sha256: 'ab12', bytes: 480_000 },
    'BUNDLE DROPPED ab12 480000 bytes',
  ],
  'lease-slave-started': [
    { type: 'lease-slave-started', lease: 'LEASE-1', slave: 3, pid: 4711 },
    'LEASE-1 SLAVE 3 STARTED pid 4711',
  ],
  'lease-slave-ended': [
    { type: 'lease-slave-ended', lease: 'LEASE-1', slave: 3, pid: 4711, code: 3 },
    'LEASE-1 SLAVE 3 ENDED pid 4711 code 3',
  ],
  'lease-ended': [
    { type: 'lease-ended', lease: 'LEASE-1', seconds: 12, reason: 'its master has left' },
    'LEASE-1 ENDED after 12.0 s: its master has left',
  ],
  'server-ending': [{ type: 'server-ending', leases: 2 }, 'SERVER ENDING with 2 leases'],
  'server-finished': [{ type: 'server-finished', name: 'n' }, 'FINI SERVER "n"'],
  'machine-state': [
    { type: 'machine-state', machine: 'a "b"', state: 'failing', againSeconds: 2, reason: 'no route: x' },
    'MACHINE "a \\"b\\"" -> :failing again in 2.0 s: no route: x',
  ],
  'machine-reached': [
    {
      type: 'machine-reached',
      machine: 'big',
      hostname: 'node-7',
      platform: 'linux',
      node: '20.11.1',
      cores: 8,
      memoryBytes: 16_000_000_000,
      clockOffsetMs: -3,
    },
    'MACHINE "big" IS node-7 linux node 20.11.1 cores 8 memory 16000000000 bytes clock -3 ms ahead',
  ],
  'machine-program-sent': [
    { type: 'machine-program-sent', machine: 'a b', bytes: 480_000, seconds: 0.1 },
    'MACHINE "a b" <- PROGRAM 480000 bytes in 0.1 s',
  ],
  'machine-refused': [
    { type: 'machine-refused', machine: 'h:11111', reason: 'it asks for a token' },
    'MACHINE "h:11111" REFUSED it asks for a token',
  ],
  'machine-granted': [
    { type: 'machine-granted', machine: 'a b', slots: 2, wanted: 4 },
    'MACHINE "a b" SLOTS 2 of 4',
  ],
  'machine-slave-started': [
    { type: 'machine-slave-started', machine: 'big', index: 0, pid: 4711 },
    'MACHINE "big" SLAVE 0 STARTED pid 4711',
  ],
  'machine-slave-ended': [
    { type: 'machine-slave-ended', machine: 'big', index: 0, pid: 4711, how: 'exited with code 3' },
    'MACHINE "big" SLAVE 0 ENDED pid 4711 exited with code 3',
  ],
  'machine-slave-restarting': [
    { type: 'machine-slave-restarting', machine: 'big', index: 0, backoffMs: 500 },
    'MACHINE "big" SLAVE 0 RESTART in 500 ms',
  ],
  'farm-changed': [
    { type: 'farm-changed', slaves: 4, wanted: 6, because: '120 tasks of 1.5 s each' },
    'FARM 4 -> 6 slaves: 120 tasks of 1.5 s each',
  ],

  'default-slave-algorithm': [{ type: 'default-slave-algorithm' }, 'SLAVE Using default slave algorithm.'],
  'resource-file-loading': [
    { type: 'resource-file-loading', path: 'm.rsc' },
    'RESFILE Loading resource file: "m.rsc"',
  ],
  'resource-file-unusable': [
    { type: 'resource-file-unusable', reason: 'm.rsc is missing' },
    'RESFILE WARNING: m.rsc is missing',
  ],
  'resource-file-finished': [
    { type: 'resource-file-finished', timestamp: '2026-01-01T00:00:00.000Z', runId: 'r1', path: 'm.rsc' },
    'RESFILE Computation finished at 2026-01-01T00:00:00.000Z, run r1: "m.rsc"',
  ],
  'connected-to-broker': [
    { type: 'connected-to-broker', address: 'h:4222' },
    'BROKER <- CONNECTED TO h:4222',
  ],
  'master-unheard': [
    { type: 'master-unheard', address: 'h:4222', reason: 'nobody is there' },
    'MASTER -> NO ANSWER at h:4222: nobody is there',
  ],
  'connected-to-master': [
    { type: 'connected-to-master', address: 'h:4222', from: 'h:5123' },
    'MASTER <- CONNECTED TO h:4222 FROM h:5123',
  ],
  'connect-refused': [
    { type: 'connect-refused', address: 'h:4222', reason: 'ECONNREFUSED' },
    'MASTER <- CONNECT REFUSED h:4222 ECONNREFUSED',
  ],
  'master-not-found': [
    { type: 'master-not-found', memberId: 'm', url, waitedSeconds: 30, reason: 'refused' },
    'MASTER No master of member "m" at nats://127.0.0.1:4222 within 30.0 s: the last attempt failed: refused',
  ],
  'refused-by-master': [
    { type: 'refused-by-master', reason: 'other code of hello' },
    'MASTER -> REFUSED other code of hello',
  ],
  'id-received': [{ type: 'id-received', sid }, 'MASTER -> ID SLAVE-0'],
  'tasks-received': [{ type: 'tasks-received', count: 12, grouping: 3 }, 'MASTER -> 12 tasks (3 grouping)'],
  'results-sent': [{ type: 'results-sent', count: 3 }, 'MASTER <- 3 results'],
  'stale-received': [{ type: 'stale-received' }, 'MASTER -> STALE'],
  'shutdown-received': [{ type: 'shutdown-received' }, 'MASTER -> SHUTDOWN'],
  'master-lost': [
    { type: 'master-lost', evidence: 'connection refused for 15.0 s' },
    'MASTER -> CEOF connection refused for 15.0 s',
  ],
  'slave-finished': [
    { type: 'slave-finished', outcome: 'master-shutdown', memberId: 'm' },
    'FINI MASTER-SHUTDOWN "m"',
  ],
};
