/** The messages about slaves that every way to another machine carries; slaves are known by numbers that the master gives. */

export type HowToStop = 'terminate' | 'kill';

/** From the master. */
export type SlaveOrder =
  | { readonly type: 'start'; readonly slave: number; readonly args: readonly string[] }
  | { readonly type: 'stop'; readonly slave: number; readonly how: HowToStop };

/** From the machine. */
export type SlaveReport =
  | { readonly type: 'started'; readonly slave: number; readonly pid: number }
  | {
      readonly type: 'ended';
      readonly slave: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** It could not be started. */
      readonly error?: string | undefined;
    }
  | {
      readonly type: 'output';
      readonly to: 'stdout' | 'stderr';
      readonly text: string;
      /** Undefined if the machine itself says it, or its ts-mw does not tell slaves apart. */
      readonly slave?: number | undefined;
    };
