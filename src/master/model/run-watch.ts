/** The part of an observer that measures how long tasks wait. A master without one does nothing for it. */
export interface RunWatch {
  /** All tasks with a number below this one had been submitted at this time; told once in a dispatch. */
  submitted(below: number, now: number): void;
  /** A task began its first run at this time, which may lie back. Told when the result has come. */
  began(number: number, at: number): void;
}
