/** The part of the package `kerberos` that is used here, and its loading: only those who prove themselves by it have it. */

import { createRequire } from 'node:module';
import { UsageError } from '../../errors.js';

/** One side of a handshake. */
interface GssContext {
  /** Not before a step of the master has checked the server's proof. On a server, after its first step. */
  readonly contextComplete: boolean;
  /** Takes a token of the other side, in base64, and resolves with the one to send, if there is any. */
  step(token: string): Promise<string | null>;
}

export interface KerberosPackage {
  readonly GSS_C_MUTUAL_FLAG: number;
  readonly GSS_MECH_OID_KRB5: number;
  initializeClient(
    service: string,
    options: { readonly flags: number; readonly mechOID: number },
  ): Promise<GssContext>;
  /** The context's user name is there after a step. */
  initializeServer(service: string): Promise<GssContext & { readonly username: string }>;
}

/** Throws UsageError if it is not installed, or not built. */
export function loadKerberos(): KerberosPackage {
  try {
    // Bundlers that pack a program do not follow it
    return createRequire(import.meta.url)('kerberos') as KerberosPackage;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UsageError(
      reason.startsWith("Cannot find module 'kerberos'")
        ? 'kerberosAuth needs the package kerberos, which is not installed; type npm install kerberos'
        : `the package kerberos, which kerberosAuth needs, cannot be loaded (${reason}); type npm rebuild kerberos, which needs the headers of GSSAPI, such as libkrb5-dev`,
      { cause: error },
    );
  }
}
