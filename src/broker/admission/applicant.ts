/** A client, as seen by those who decide whether it is admitted. */
export interface Applicant {
  readonly host: string;
  /** With its port. */
  readonly address: string;
  /** Closes its connection after this answer. */
  fail(error: string): void;
  /** Closes it at once. */
  cut(reason: string): void;
}
