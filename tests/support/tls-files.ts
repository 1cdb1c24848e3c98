/** The certificates of tests/fixtures/tls: where they are, and what is in them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../tests/fixtures/tls/', import.meta.url);

type Name = 'broker' | 'elsewhere' | 'expired' | 'future' | 'self' | 'client' | 'stranger';

/** Path of a certificate. */
export function certificateFile(name: Name | 'ca' | 'other-ca'): string {
  return fileURLToPath(new URL(`${name}.pem`, folder));
}

export function keyFile(name: Name): string {
  return fileURLToPath(new URL(`${name}-key.pem`, folder));
}

/** The text of a certificate's file. */
export function pem(name: Name | 'ca' | 'other-ca'): string {
  return readFileSync(certificateFile(name), 'utf8');
}

/** Certificate and key, in PEM. */
export function pair(name: Name): { readonly cert: string; readonly key: string } {
  return { cert: pem(name), key: readFileSync(keyFile(name), 'utf8') };
}
