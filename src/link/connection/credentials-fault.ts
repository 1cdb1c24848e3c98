/** Names the source of refused credentials, without showing them. */

import type { BrokerAddress } from '../ports.js';

const WAYS =
  '--nats-token-file FILE, --nats-user U with TS_MW_NATS_PASSWORD, --nats-nkey-file FILE or --nats-creds FILE';

/** Continues `the broker at …`; `said` is the broker's own text. */
export function credentialsFault(address: BrokerAddress, said: string): string {
  const given = givenBy(address);
  if (given === undefined) {
    return `asks for credentials, and none were given (${said}); type ${WAYS}, or use its master's resource file`;
  }
  return `refuses our credentials, ${given}: ${said}`;
}

function givenBy({ token, tokenFrom, user, creds, nkeyFile, urls }: BrokerAddress): string | undefined {
  if (creds !== undefined) return `those of --nats-creds ${creds}`;
  if (nkeyFile !== undefined) return `the nkey of --nats-nkey-file ${nkeyFile}`;
  if (token !== undefined) return tokenOf(tokenFrom);
  if (user !== undefined) return `user ${JSON.stringify(user)} and its password`;
  return urls.some((url) => url.includes('@')) ? 'those of its URL' : undefined;
}

function tokenOf(from: BrokerAddress['tokenFrom']): string {
  switch (from) {
    case 'flag':
      return 'the token of --nats-token-file or --nats-token';
    case 'environment':
      return 'the token of TS_MW_TOKEN';
    case 'resource-file':
      return 'the token of the resource file';
    case undefined:
      return 'its token';
    default:
      return from satisfies never;
  }
}
