/** Writes the body of a shared value to a file, without a copy of it in memory. */

import type { ShareCopy } from '../../algorithms/shared.js';
import { NamelessFile } from './nameless-file.js';
import { piecesOf, type ShareLayout } from './share-body.js';

interface ShareInFile {
  readonly file: NamelessFile;
  readonly copy: ShareCopy;
}

/** Undefined if there can be no such file. */
export function writeToFile(layout: ShareLayout): ShareInFile | undefined {
  let file: NamelessFile | undefined;
  try {
    file = NamelessFile.open(layout.size);
    if (file === undefined) return undefined;
    for (const [at, bytes] of piecesOf(layout)) file.write(bytes, at);
    return { file, copy: file.seal() };
  } catch {
    // A full disk, for example
    file?.close();
    return undefined;
  }
}
