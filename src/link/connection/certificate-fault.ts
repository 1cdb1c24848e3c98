/** The reason why a broker's certificate is refused, in words that name the given file and what to type. */

import type { X509Certificate } from 'node:crypto';
import type { BrokerAddress, BrokerTrust } from '../ports.js';
import { hostAndPort, parseBrokerUrl } from './broker-urls.js';
import {
  hostsOf,
  isSelfSigned,
  issuerOf,
  outOfDate,
  parseCertificate,
  subjectsOf,
  whose,
} from './certificate-words.js';

/** Refusals that mean: no trusted authority signed it. */
export const UNKNOWN_SIGNER = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SIGNATURE_FAILURE/;
const OUT_OF_DATE = /EXPIRED|NOT_YET_VALID/;
export const CERTIFICATE_WANTED =
  'it asks for a certificate of ours that its authority signed; type --tls-cert FILE --tls-key FILE';

/** `code` is node's or OpenSSL's for the refusal; `url` is the address that showed the certificate. */
export function certificateFault(
  { tls = {}, urls }: BrokerAddress,
  { shown, code, url }: { readonly shown: X509Certificate; readonly code: string; readonly url: string },
): string {
  if (OUT_OF_DATE.test(code)) return dateFault(shown);
  if (tls.certificate !== undefined) return otherCertificate(shown, tls);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return hostFault(shown, urls, url);
  if (UNKNOWN_SIGNER.test(code)) return signerFault(shown, tls);
  return `its certificate (${whose(shown)}) cannot be used: ${code.toLowerCase().replaceAll('_', ' ')}`;
}

/** The reason why a broker refuses the certificate that we showed, or that we show none. */
export function ownFault({ cert, certFile }: BrokerTrust = {}): string {
  const own = cert === undefined ? undefined : parseCertificate(cert);
  if (own === undefined) return CERTIFICATE_WANTED;
  const file = certFile === undefined ? 'our certificate' : `the certificate of --tls-cert ${certFile}`;
  return `it refuses ${file} (${whose(own)}), which its authority did not sign; type the --tls-cert FILE --tls-key FILE of one that it signed`;
}

/** The source that named the trusted certificate; undefined if there is none. */
export function sourceOfTrust({ ca, caFile, certificate, resourceFile }: BrokerTrust): string | undefined {
  if (resourceFile !== undefined && (ca ?? certificate) !== undefined) return `resource file ${resourceFile}`;
  if (certificate !== undefined) return 'TS_MW_TLS_CERTIFICATE';
  if (ca === undefined) return undefined;
  return caFile === undefined ? 'the authorities given' : `--tls-ca ${caFile}`;
}

function dateFault(shown: X509Certificate): string {
  const why = outOfDate(shown, Date.now());
  if (why === undefined) {
    return `the certificate of the authority (${issuerOf(shown)}) that signed its own is not valid now; renew it`;
  }
  const cure = why.startsWith('expired') ? 'renew it' : "renew it, or set this machine's clock";
  return `its certificate (${whose(shown)}) ${why}; ${cure}`;
}

function otherCertificate(shown: X509Certificate, tls: BrokerTrust): string {
  if (parseCertificate(tls.certificate ?? '') === undefined) return holdsNone(sourceOfTrust(tls));
  const cure =
    tls.resourceFile === undefined
      ? "set it to the certificate of this broker, or use its master's resource file"
      : 'the file may be of an earlier master, or another program may listen at its address';
  return `it shows another certificate (${whose(shown)}) than the one in ${sourceOfTrust(tls)}; ${cure}`;
}

function hostFault(shown: X509Certificate, urls: readonly string[], url: string): string {
  const asked = urls.map((one) => parseBrokerUrl(one).host).join(' or ');
  const hosts = hostsOf(shown);
  if (hosts.length === 0) {
    return `its certificate (${whose(shown)}) names no host; make one with the subjectAltName ${asked}`;
  }
  const name = hosts.find((host) => !host.includes('*')) ?? hosts[0]?.replace('*', 'NAME') ?? '';
  const port = parseBrokerUrl(url).port;
  const place = `tls://${hostAndPort(name, port)}`;
  return `its certificate is for ${hosts.join(', ')}, and not for ${asked}; type --nats-url ${place} or --master-host ${name}`;
}

function signerFault(shown: X509Certificate, tls: BrokerTrust): string {
  const signer = isSelfSigned(shown) ? 'that certificate itself' : `the certificate of ${issuerOf(shown)}`;
  const file = sourceOfTrust(tls);
  if (file === undefined || tls.ca === undefined) {
    return `no authority that this machine trusts signed its certificate (${whose(shown)}); type --tls-ca FILE with ${signer}, or use its master's resource file`;
  }
  const subjects = subjectsOf(tls.ca);
  if (subjects === '') return holdsNone(file);
  return `${file} (${subjects}) did not sign its certificate (${whose(shown)}); name a file that holds ${signer}`;
}

function holdsNone(source: string | undefined): string {
  return `${source} has no certificate in PEM to recognise it by`;
}
