/** The port through which a master has the bytes of shared values in files. */

import type { ShareCopy, SharedContent } from '../../algorithms/shared.js';

export interface CopyPort {
  /** The machine: slaves of another one cannot read a file here. */
  readonly host: string;
  /** Smaller values come as fast in pieces. */
  readonly leastBytes: number;
  /** Answers later, with undefined if there can be no copy; never after `remove`. */
  readonly make: (content: SharedContent, onMade: (copy: ShareCopy | undefined) => void) => void;
  /** Nobody is told of it any more; one who reads it goes on. */
  readonly remove: (key: string) => void;
}
