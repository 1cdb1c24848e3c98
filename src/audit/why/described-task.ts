/** A task without a fate, as people see it who look for some. */

export interface DescribedTask {
  readonly taskId: string;
  readonly algorithm: string;
  readonly state: string;
  /** Which run of it is meant, from 1. */
  readonly attempt: number;
  /** The tag of its policy, if that is a text or a number. */
  readonly tag: string | undefined;
  readonly sid: string | undefined;
  /** Of its arguments. */
  readonly bytes: number;
}
