/** Whether processes of this machine may read shared values of this process from files. */

/** Smaller values come as fast in pieces. */
export const LEAST_FILE_BYTES = 1024 * 1024;

let masters = 0;

/** A master has slaves read such files, until the function is called that is returned. */
export function expectReaders(): () => void {
  let isExpecting = true;
  masters++;
  return () => {
    if (isExpecting) masters--;
    isExpecting = false;
  };
}

export function mayHaveReaders(size: number): boolean {
  return masters > 0 && size >= LEAST_FILE_BYTES;
}
