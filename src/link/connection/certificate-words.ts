/** Describes a certificate: its owner, its signer, its hosts and dates, in one line of limited length. */

import { X509Certificate } from 'node:crypto';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Certificates of strangers appear in messages, and their names may be long. */
const MOST_NAME = 120;
const MOST_NAMES = 8;
/** The number of authorities of a bundle that are named. */
const MOST_SUBJECTS = 3;

/** Undefined for a text that is not a certificate in PEM. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** `CN=broker, signed by CN=ca`, or `CN=self, signed by itself`. */
export function whose(certificate: X509Certificate): string {
  const by = isSelfSigned(certificate) ? 'itself' : issuerOf(certificate);
  return `${oneLine(certificate.subject)}, signed by ${by}`;
}

export function issuerOf({ issuer }: X509Certificate): string {
  return oneLine(issuer);
}

export function isSelfSigned({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer;
}

/** The subjects of all certificates in a text: `CN=ca`, `CN=a; CN=b and 120 more`. */
export function subjectsOf(pem: string): string {
  const names = (pem.match(PEM) ?? []).flatMap((one) => {
    const certificate = parseCertificate(one);
    return certificate === undefined ? [] : oneLine(certificate.subject);
  });
  const more = names.length - MOST_SUBJECTS;
  return `${names.slice(0, MOST_SUBJECTS).join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Hosts of a certificate, as they are typed; forms with `*` among them. */
export function hostsOf({ subjectAltName }: X509Certificate): readonly string[] {
  const names = [...(subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):([^,"\s]+)/g)];
  return names.slice(0, MOST_NAMES).map(([, name = '']) => oneLine(name));
}

/** The reason why it is not valid now; undefined if it is. */
export function outOfDate({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  if (Date.parse(validTo) < now) return `expired on ${validTo}`;
  if (Date.parse(validFrom) > now) return `is valid only from ${validFrom} on`;
  return undefined;
}

function oneLine(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ', ');
  return line.length > MOST_NAME ? `${line.slice(0, MOST_NAME)}…` : line;
}
