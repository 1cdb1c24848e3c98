/** A client that asks to be admitted. */
export interface Applicant {
  readonly host: string;
  /** With its port. */
  readonly address: string;
  /** Closes its connection after this answer. */
  fail(error: string): void;
  /** Closes it at once. */
  cut(reason: string): void;
}
