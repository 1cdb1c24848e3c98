/** The flags as a program gives them, by their names in camelCase. */

/**
 * Every flag of the command line, in camelCase, as `initialize`, `master()` and `slave()` take it from a
 * program. The command line wins over these; what belongs to the other role is left alone.
 */
export interface Flags {
  readonly master?: boolean | undefined;
  readonly slave?: boolean | undefined;
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
  /** Seconds that a slave may be silent; 30. */
  readonly clientTimeout?: number | undefined;
  /** Seconds that a slave looks for its master; 30, and 0 is for ever. */
  readonly connectTimeout?: number | undefined;
  /** How many local slaves a master starts; 0. */
  readonly slaves?: number | undefined;
  /** How many unordered tasks a slave runs at once, also local ones of a master; 1. */
  readonly slaveConcurrency?: number | undefined;
  readonly slaveExecutable?: string | undefined;
  readonly natsUrl?: string | readonly string[] | undefined;
  readonly natsToken?: string | undefined;
  readonly natsTokenFile?: string | undefined;
  readonly natsUser?: string | undefined;
  readonly natsPassword?: string | undefined;
  /** Path of a `.creds` file. */
  readonly natsCreds?: string | undefined;
  /** Path of a file that holds an nkey seed. */
  readonly natsNkeyFile?: string | undefined;
  /** Path, PEM: of the broker inside the master, or what we show to another. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Path, PEM: authorities to trust. */
  readonly tlsCa?: string | undefined;
  readonly tlsVerify?: boolean | undefined;
  readonly insecure?: boolean | undefined;
  /** Bytes, or a text such as `64m`; 256 MB. */
  readonly maxMessageSize?: number | string | undefined;
  readonly allowVersionSkew?: boolean | undefined;
  /** Fails when the master algorithm returns, or `stop()` comes, with tasks pending or results untaken. */
  readonly strict?: boolean | undefined;
  /** Folder that keeps results from one run to the next; on a master. */
  readonly checkpoint?: string | undefined;
}
