/**
 * Says whether this program was packed into one file, which has no package.json and no files around it: an executable
 * of `dump-exec`, or a bundle that travelled to this machine.
 */

/** The data that is written into such a file. */
export interface PackedFacts {
  /** An executable contains Node; a bundle is a script for any Node. */
  readonly kind: 'executable' | 'bundle';
  readonly libraryVersion: string;
  /** From the program's package, if it had one. */
  readonly programVersion?: string | undefined;
}

declare const TS_MW_PACKED: PackedFacts | undefined;

/** Undefined if the program runs from its own files. Ask after loading: the library may be loaded before the program. */
export function packedFacts(): PackedFacts | undefined {
  return typeof TS_MW_PACKED === 'undefined' ? undefined : TS_MW_PACKED;
}
