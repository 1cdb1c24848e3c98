/** The flags about encryption, the files they name, and `TS_MW_TLS_CERTIFICATE`: read once, and checked at once. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { FlagError } from '../../errors.js';
import { parseCertificate, outOfDate as whyOutOfDate } from '../../link/connection/certificate-words.js';
import type { BrokerTrust } from '../../link/ports.js';
import type { FlagKey } from './flag-row.js';
import { parseText } from './flag-values.js';
import { readNamedFile } from './named-file.js';
import { foundInstead } from './pem-kind.js';

/** PEM of the one certificate that a slave's broker has: a master gives it to its local slaves. */
export const CERTIFICATE_VARIABLE = 'TS_MW_TLS_CERTIFICATE';

/** The certificates of a PEM text, one by one. */
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const PRIVATE_KEY = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/;

export interface TlsSettings extends BrokerTrust {
  readonly keyFile?: string | undefined;
  /** Clients of the broker inside the master must show a certificate. */
  readonly verify: boolean;
}

export interface TlsFlagsGiven {
  readonly value: (key: FlagKey) => string | undefined;
  readonly verify: boolean;
  /** A master without `--nats-url`. */
  readonly ownBroker: boolean;
  /** Of the environment. */
  readonly certificate: string | undefined;
  readonly warn: (warning: string) => void;
}

/** Throws FlagError for files that cannot be read, do not fit together, or are out of date. */
export function readTlsFlags({ value, verify, ownBroker, certificate, warn }: TlsFlagsGiven): TlsSettings {
  const path = (key: FlagKey, name: string): string | undefined => {
    const text = value(key);
    return text === undefined ? undefined : parseText(name, text, 'FILE');
  };
  const certFile = path('tlsCert', '--tls-cert');
  const keyFile = path('tlsKey', '--tls-key');
  const caFile = path('tlsCa', '--tls-ca');
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const [came, missing] =
      certFile === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key'];
    throw new FlagError(came, `expected ${missing} too, but it is missing; type both, each with its FILE`);
  }
  if (verify) checkVerify(ownBroker, caFile, certFile);
  const ca = caFile === undefined ? undefined : readNamedFile('--tls-ca', caFile);
  if (ca !== undefined && caFile !== undefined) checkAuthorities(ca, caFile);
  if (certificate && parseCertificate(certificate) === undefined) {
    throw new FlagError(
      CERTIFICATE_VARIABLE,
      'expected the text of a certificate in PEM, not its path, it holds none; set it to "$(cat FILE)"',
    );
  }
  const pinned = certificate ? { certificate } : {};
  const trust = { ...pinned, ...(ca === undefined ? {} : { ca, caFile }), verify };
  if (certFile === undefined || keyFile === undefined) return trust;
  const cert = readNamedFile('--tls-cert', certFile);
  const key = readNamedFile('--tls-key', keyFile, warn);
  checkPair({ cert, certFile, key, keyFile });
  return { ...trust, cert, certFile, key, keyFile };
}

function checkVerify(ownBroker: boolean, caFile: string | undefined, certFile: string | undefined): void {
  if (!ownBroker) {
    throw new FlagError(
      '--tls-verify',
      'expected the broker inside the master, got --nats-url; a nats-server has its own tls { verify: true }',
    );
  }
  const missing =
    caFile === undefined
      ? '--tls-ca FILE'
      : certFile === undefined
        ? '--tls-cert FILE and --tls-key FILE'
        : '';
  if (missing === '') return;
  throw new FlagError('--tls-verify', `expected ${missing} too, but it is missing; type it`);
}

/** A user who names a certificate to trust or to show means TLS, whatever the URL says. */
export function demandsTls({ ca, certificate, cert }: BrokerTrust): boolean {
  return ca !== undefined || certificate !== undefined || cert !== undefined;
}

/** The broker's own certificate, without those between it and its authority. */
export function ownCertificate(cert: string): string {
  return new X509Certificate(cert).toString();
}

function checkAuthorities(ca: string, file: string): void {
  const found = ca.match(CERTIFICATES) ?? [];
  if (found.length === 0) throw noCertificate('--tls-ca', file, ca);
  const certificates = found.map((pem) => readCertificate('--tls-ca', pem, file));
  const [first] = certificates;
  // A bundle may contain old ones beside those in use.
  if (first !== undefined && !certificates.some(isCurrent)) throw outOfDate('--tls-ca', file, first);
}

function checkPair(pair: { cert: string; certFile: string; key: string; keyFile: string }): void {
  const { cert, certFile, key, keyFile } = pair;
  const certificate = readCertificate('--tls-cert', cert, certFile);
  if (!PRIVATE_KEY.test(key)) throw noKey(keyFile, key);
  if (!isCurrent(certificate)) throw outOfDate('--tls-cert', certFile, certificate);
  const privateKey = attempt(
    () => createPrivateKey(key),
    () => noKey(keyFile, key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new FlagError(
      '--tls-key',
      `expected the key of the certificate in ${certFile}, ${keyFile} holds another one; name its own`,
    );
  }
  attempt(
    () => createSecureContext({ cert, key }),
    (error) => new FlagError('--tls-cert', `${certFile} cannot be used for TLS: ${error}; make another one`),
  );
}

function readCertificate(name: string, pem: string, file: string): X509Certificate {
  return attempt(
    () => new X509Certificate(pem),
    () => noCertificate(name, file, pem),
  );
}

function isCurrent(certificate: X509Certificate): boolean {
  return whyOutOfDate(certificate, Date.now()) === undefined;
}

function noCertificate(name: string, file: string, text: string): FlagError {
  const { what, cure } = foundInstead(text, file, 'certificate');
  return new FlagError(name, `expected a certificate in PEM in ${file}, it ${what}; ${cure}`);
}

function noKey(file: string, text: string): FlagError {
  const { what, cure } = foundInstead(text, file, 'key');
  const expected = 'a private key in PEM without a passphrase';
  return new FlagError('--tls-key', `expected ${expected} in ${file}, it ${what}; ${cure}`);
}

function outOfDate(name: string, file: string, certificate: X509Certificate): FlagError {
  const why = whyOutOfDate(certificate, Date.now()) ?? 'is not';
  return new FlagError(name, `expected a certificate that is valid now, the one in ${file} ${why}; renew it`);
}

/** OpenSSL's message may quote the key: it is not passed on. */
function attempt<T>(act: () => T, refuse: (code: string) => FlagError): T {
  try {
    return act();
  } catch (error) {
    throw refuse(error instanceof Error && 'code' in error ? String(error.code) : 'refused');
  }
}
