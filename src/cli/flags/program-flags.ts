/** The flags that a program sets, by their names in camelCase. */

/**
 * Every flag of the command line, in camelCase, as `initialize`, `master()` and `slave()` take it from a
 * program. The command line overrides these; flags of the other role are ignored.
 */
export interface Flags {
  /** Be the master. `initialize` needs this or `slave`; `master()` and `slave()` set theirs. */
  readonly master?: boolean | undefined;
  /** Be a slave. */
  readonly slave?: boolean | undefined;
  /** Path of the file that the master writes and slaves read to find it. */
  readonly resourceFile?: string | undefined;
  /** Seconds; 300. */
  readonly resourceFileUpdateInterval?: number | undefined;
  /** 127.0.0.1 */
  readonly masterHost?: string | undefined;
  /** On a master 0, any free one. */
  readonly masterPort?: number | undefined;
  /** `default-member-id` */
  readonly memberId?: string | undefined;
  /** `auto` */
  readonly slaveTaskGroup?: number | 'auto' | undefined;
  /** `auto` */
  readonly slaveResultGroup?: number | 'auto' | undefined;
  /** Standard error. */
  readonly auditFile?: string | undefined;
  /** `text` */
  readonly auditFormat?: 'text' | 'json' | undefined;
  /** Bytes, or a text such as `100m`; the audit file is not rotated without it. */
  readonly auditMaxSize?: number | string | undefined;
  /** Rotated audit files to keep; 5. */
  readonly auditKeep?: number | undefined;
  /** A master tells its audit trail of each run; false. */
  readonly auditRuns?: boolean | undefined;
  /** Seconds that a slave may be silent; 30. */
  readonly clientTimeout?: number | undefined;
  /** Seconds that a slave looks for its master; 30, and 0 means forever. */
  readonly connectTimeout?: number | undefined;
  /** Number of local slaves that a master starts; 0. */
  readonly slaves?: number | undefined;
  /** Standing servers that lend a master their slots: texts such as `host:11111`, or `tls://host:11111`. */
  readonly servers?: string | readonly string[] | undefined;
  /** Path of a file, mode 0600, that holds the token of the servers. */
  readonly serverTokenFile?: string | undefined;
  /** Path of a farm file: the machines on which a master starts slaves. */
  readonly farm?: string | undefined;
  /** Number of slaves that a master keeps also while nothing is to be done; 0. */
  readonly minSlaves?: number | undefined;
  /** The most slaves that a master starts as tasks need them; as many as its machines have slots. */
  readonly maxSlaves?: number | undefined;
  /** Seconds from the start of a master in which its tasks should be done, with as few slaves as that takes. */
  readonly finishWithin?: number | undefined;
  /** Number of unordered tasks that a slave runs at once, also for a master's local ones; 1. */
  readonly slaveConcurrency?: number | undefined;
  /** Bytes of shared values that a slave keeps, or a text such as `512m`, which is the default. */
  readonly shareCache?: number | string | undefined;
  /** Send shared values in pieces to slaves of the master's machine too, and make no temporary files for them; false. */
  readonly noShareCopies?: boolean | undefined;
  /** Path of what the resource file tells a batch system to start as a slave; this program. */
  readonly slaveExecutable?: string | undefined;
  /** A nats-server, or several of a cluster, instead of the broker inside the master. */
  readonly natsUrl?: string | readonly string[] | undefined;
  /** Token for the broker. A file, or `TS_MW_TOKEN`, keeps it out of the program. */
  readonly natsToken?: string | undefined;
  /** Path of a file, mode 0600, that holds the token. */
  readonly natsTokenFile?: string | undefined;
  /** User for the broker; needs `natsPassword`, or `TS_MW_NATS_PASSWORD`. */
  readonly natsUser?: string | undefined;
  /** Password of `natsUser`. */
  readonly natsPassword?: string | undefined;
  /** Path of a `.creds` file. */
  readonly natsCreds?: string | undefined;
  /** Path of a file that holds an nkey seed. */
  readonly natsNkeyFile?: string | undefined;
  /** Path, PEM: of the broker inside the master, or shown to another broker. */
  readonly tlsCert?: string | undefined;
  /** Path, PEM: the private key of `tlsCert`. */
  readonly tlsKey?: string | undefined;
  /** Path, PEM: authorities to trust. */
  readonly tlsCa?: string | undefined;
  /** The broker inside the master takes only clients with a certificate signed by `tlsCa`; false. */
  readonly tlsVerify?: boolean | undefined;
  /** Go without TLS beyond loopback, where others may listen; false. */
  readonly insecure?: boolean | undefined;
  /**
   * Port where the master takes data past the broker inside it; any free one. On a slave, the port to dial for it,
   * as the near end of a tunnel; the one that the master offers.
   */
  readonly dataPort?: number | undefined;
  /** Let all data go through the broker; false. */
  readonly noDataPort?: boolean | undefined;
  /** Bytes, or a text such as `64m`; 256 MB. */
  readonly maxMessageSize?: number | string | undefined;
  /** Let slaves join whose algorithms have other code than the master has; false. */
  readonly allowVersionSkew?: boolean | undefined;
  /**
   * Give tasks that take longer than others of their algorithm did to a second slave too, while slaves are idle;
   * the first result counts; false. A policy's `backupTasks` overrides it.
   */
  readonly backupTasks?: boolean | undefined;
  /**
   * How a master shows its progress: a line at the foot of the terminal, an audit line each minute, or nothing; `auto`,
   * which is the line where standard error is a terminal, and nothing for an embedded master.
   */
  readonly progress?: 'auto' | 'line' | 'log' | 'off' | undefined;
  /**
   * Show what slaves print behind their names, such as `SLAVE-3| `, or that of their machine: `on`, `off`, or `auto`, for those of
   * the two standard streams that are terminals, if standard error is one.
   */
  readonly forwardOutput?: 'auto' | 'on' | 'off' | undefined;
  /**
   * Show the master in a browser, at its `dashboardUrl`: true for any free port on 127.0.0.1, or a port, or a text such as
   * `0.0.0.0:8787`; false.
   */
  readonly dashboard?: boolean | number | string | undefined;
  /** Let the dashboard cancel tasks, submit failed ones again, and add, drain and stop local slaves; false. */
  readonly dashboardControl?: boolean | undefined;
  /** Let the dashboard show the arguments of tasks, not only their sizes, and the last lines that slaves printed; false. */
  readonly dashboardShowValues?: boolean | undefined;
  /** Port, or a text such as `0.0.0.0:9400`, where a master serves metrics; on 127.0.0.1 without a host. */
  readonly metrics?: number | string | undefined;
  /** Path of a file to which a master writes its metrics every 15 seconds; it ends in `.prom`. */
  readonly metricsFile?: string | undefined;
  /** Fails if tasks are pending or results untaken when the master algorithm returns, or at `stop()`. */
  readonly strict?: boolean | undefined;
  /** Folder that keeps results from one run to the next; on a master. */
  readonly checkpoint?: string | undefined;
}
