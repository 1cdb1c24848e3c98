/** The encryption of a connection, and the broker's proof of identity. */

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { TlsOptions } from 'nats';
import type { BrokerAddress } from '../ports.js';
import { isTlsUrl, parseBrokerUrl } from './broker-urls.js';

/** The NATS client passes unknown options on to node. */
interface NodeTlsOptions extends TlsOptions {
  readonly allowPartialTrustChain?: boolean;
  readonly servername?: string;
  readonly checkServerIdentity: (host: string, shown: PeerCertificate) => Error | undefined;
}

/** Undefined if no URL asks for TLS; otherwise the client refuses a broker that does not offer it. */
export function demandedTls(address: BrokerAddress): NodeTlsOptions | undefined {
  return address.urls.some(isTlsUrl) ? tlsOptions(address) : undefined;
}

export function tlsOptions({ urls, tls = {} }: BrokerAddress): NodeTlsOptions {
  const { ca, certificate, cert, key } = tls;
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  if (certificate !== undefined) {
    return {
      ...own,
      ca: certificate,
      allowPartialTrustChain: true,
      checkServerIdentity: (_, { raw }) => checkExact(certificate, raw),
    };
  }
  const hosts = urls.map((url) => parseBrokerUrl(url).host);
  const [host = ''] = hosts;
  return {
    ...own,
    ...(ca === undefined ? {} : { ca }),
    ...(hosts.length === 1 && isIP(host) === 0 ? { servername: host } : {}),
    checkServerIdentity: (_, shown) => checkHosts(hosts, shown),
  };
}

function checkExact(certificate: string, shown: Buffer): Error | undefined {
  if (new X509Certificate(certificate).raw.equals(shown)) return undefined;
  return Object.assign(new Error('it shows another certificate than its master has'), {
    code: 'ERR_TLS_CERT_OTHER',
  });
}

/**
 * A broker must have a certificate for one of the given hosts. The client would ask for `localhost` at every
 * IP address (nats 2.29), which any holder of a certificate for that name could answer.
 */
function checkHosts(hosts: readonly string[], shown: PeerCertificate): Error | undefined {
  const refusals = hosts.map((host) => checkServerIdentity(host, shown));
  return refusals.includes(undefined) ? undefined : refusals[0];
}
