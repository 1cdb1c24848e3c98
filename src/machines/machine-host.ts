/** The way to one machine: where slave processes are started, whatever lies between. */
import type { StartSlave } from './slave-process.js';

/** A machine as it describes itself. */
export interface MachineFacts {
  /** As `os.hostname()` there: slaves that join from there have it too. */
  readonly hostname: string;
  /** As Node's `process.platform`. */
  readonly platform: string;
  /** Node's version, as `20.11.1`. */
  readonly node: string;
  /** That slaves can use at once. */
  readonly cores: number;
  /** All memory, free or not. */
  readonly memoryBytes: number;
  /** Its clock minus ours, in milliseconds. */
  readonly clockOffsetMs: number;
}

export interface MachineHost {
  /**
   * Reaches the machine and sends the program if it is not there; rejects with an error whose message says why,
   * and what to do about it. May be called again after `onLost` or after a failure.
   */
  open(signal: AbortSignal): Promise<MachineFacts>;
  /** Starts one slave there. Its connections reach the master's broker as those of local slaves do. */
  readonly startSlave: StartSlave;
  /** The most slaves that the machine lends now; without it, only the farm limits them. */
  readonly slots?: number | undefined;
  /** Called when `slots` has changed. */
  onSlots?: (() => void) | undefined;
  /** Called at most once for each `open` that succeeded: the way is lost, and all processes there with it. */
  onLost: (reason: string) => void;
  /** Ends the slaves there and leaves nothing behind; idempotent, and bounded to 5 s. */
  close(): Promise<void>;
}
