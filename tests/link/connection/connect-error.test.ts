/** The words for each failure of a first connection: the reason, the place without a secret, and what to type. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CERTIFICATE_WANTED,
  ownFault,
  sourceOfTrust,
} from '../../../src/link/connection/certificate-fault.js';
import {
  type ConnectFailure,
  fullError,
  placeOf,
  plainError,
  timeoutError,
  tlsError,
  toConnectError,
  withoutCredentials,
} from '../../../src/link/connection/connect-error.js';
import { credentialsFault } from '../../../src/link/connection/credentials-fault.js';
import type { BrokerAddress } from '../../../src/link/ports.js';
import { pair, pem } from '../../support/tls-files.js';

const errors = suite('connect errors');

const PLAIN: BrokerAddress = { urls: ['nats://u:p@h:1', 'i:2'] };
const SECURE: BrokerAddress = { urls: ['nats://h:1', 'tls://i:2'] };
const WHERE = 'nats://h:1, i:2';

function failure(code: unknown, message = ''): Error {
  return Object.assign(new Error(message), { code });
}

const TRANSLATED: readonly (readonly [string, BrokerAddress, Error, ConnectFailure, string])[] = [
  ...(['CONNECTION_REFUSED', 'ECONNREFUSED'] as const).map(
    (code) =>
      [code, PLAIN, failure(code), 'refused', `nothing listens at ${WHERE}: connection refused`] as const,
  ),
  ...(
    [
      ...['AUTHORIZATION_VIOLATION', 'AUTHENTICATION_EXPIRED', 'AUTHENTICATION_TIMEOUT', 'ACCOUNT_EXPIRED'],
      ...['BAD_AUTHENTICATION', 'BAD_CREDS'],
    ] as const
  ).map(
    (code) =>
      [
        code,
        PLAIN,
        failure(code, 'No'),
        'credentials',
        `the broker at ${WHERE} refuses our credentials, those of its URL: No`,
      ] as const,
  ),
  ...(['TIMEOUT', 'CONNECTION_TIMEOUT', 'ETIMEDOUT'] as const).map(
    (code) => [code, PLAIN, failure(code), 'timeout', `no answer from ${WHERE} within 1.5 s`] as const,
  ),
  [
    'a broker without TLS',
    SECURE,
    failure('SERVER_OPT_NA'),
    'tls',
    'the broker at nats://h:1, tls://i:2 does not offer TLS, which is required (by the URL); start it with TLS, or leave that out',
  ],
  [
    'a broker that is full',
    PLAIN,
    failure('', "-ERR 'Maximum Connections Exceeded'"),
    'full',
    `the broker at ${WHERE} has no room for another connection: max_connections in the configuration of the nats-server is reached; raise it, or its process may open no more files; allow more with ulimit -n`,
  ],
  [
    'an unknown signer',
    SECURE,
    failure('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'),
    'tls',
    'no TLS with nats://h:1, tls://i:2: no trusted authority signed its certificate (self-signed)',
  ],
  [
    'a broker that asks for a certificate, and we have none',
    SECURE,
    failure('', 'Client Certificate Required'),
    'tls',
    `no TLS with nats://h:1, tls://i:2: ${CERTIFICATE_WANTED}`,
  ],
  [
    'a broker that refuses ours by an alert, and we have none',
    SECURE,
    failure('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'),
    'tls',
    `no TLS with nats://h:1, tls://i:2: ${CERTIFICATE_WANTED}`,
  ],
  [
    'an error of OpenSSL',
    SECURE,
    failure('ERR_SSL_WRONG_VERSION_NUMBER', 'c:1234'),
    'tls',
    'no TLS with nats://h:1, tls://i:2: wrong version number',
  ],
  ['an error of TLS', PLAIN, failure('TLS', 'odd'), 'tls', `no TLS with ${WHERE}: odd`],
  [
    'an error of TLS without words',
    PLAIN,
    failure('ERR_TLS_ODD'),
    'tls',
    `no TLS with ${WHERE}: ERR_TLS_ODD`,
  ],
  [
    'a cut connection where TLS is required',
    SECURE,
    failure('ECONNRESET'),
    'tls',
    `no TLS with nats://h:1, tls://i:2: it ended the connection (ECONNRESET), perhaps since ${CERTIFICATE_WANTED}`,
  ],
  ['a cut connection', PLAIN, failure('ECONNRESET'), 'unreachable', `cannot reach ${WHERE}: ECONNRESET`],
  [
    'another fault',
    SECURE,
    failure('EHOSTUNREACH', 'no way'),
    'unreachable',
    'cannot reach nats://h:1, tls://i:2: no way',
  ],
  ['a code that is no text', PLAIN, failure(7), 'unreachable', `cannot reach ${WHERE}: connection closed`],
];
for (const [what, address, cause, reason, message] of TRANSLATED) {
  errors(`it tells of ${what} as ${reason}`, () => {
    const error = toConnectError(address, 1_500, cause);
    assert.equal([error.reason, error.message], [reason, message]);
    assert.is(error.cause, cause);
  });
}

errors('what is no Error is told by its text', () => {
  assert.is(toConnectError(PLAIN, 1, 'lost').message, `cannot reach ${WHERE}: lost`);
  assert.is(toConnectError(PLAIN, 1, undefined).message, `cannot reach ${WHERE}: connection closed`);
});

errors('who refuses our certificate is told by its file and its signer', () => {
  const own = { ...pair('stranger') };
  const whose = '(CN=stranger, signed by CN=other-ca)';
  assert.match(ownFault(own), `it refuses our certificate ${whose}`);
  assert.match(
    ownFault({ ...own, certFile: 's.pem' }),
    `it refuses the certificate of --tls-cert s.pem ${whose}`,
  );
  for (const none of [undefined, {}, { cert: 'junk' }]) assert.is(ownFault(none), CERTIFICATE_WANTED);
  for (const cause of [
    failure('', 'client certificate required'),
    failure('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
  ]) {
    assert.match(
      toConnectError({ ...SECURE, tls: own }, 1, cause).message,
      `it refuses our certificate ${whose}`,
    );
  }
});

errors('what is full is named as exactly as it is known', () => {
  assert.match(fullError(PLAIN, true).message, /: its process may open no more files[^,]*$/);
  assert.match(fullError(PLAIN, false).message, /: max_connections in the configuration[^,]*$/);
  assert.match(fullError(PLAIN).message, /: max_connections.*, or its process may open no more files/);
});

errors('what requires TLS is named', () => {
  const by = (tls: BrokerAddress['tls']): string => plainError({ ...SECURE, tls }).message;
  assert.match(by(undefined), '(by the URL)');
  assert.match(by({ ca: pem('ca') }), '(by the authorities given)');
  assert.match(by({ ca: pem('ca'), caFile: 'ca.pem', certFile: 'own.pem' }), '(by --tls-ca ca.pem)');
  assert.match(by({ certFile: 'own.pem' }), '(by --tls-cert own.pem)');
  assert.match(by({ certificate: pem('broker') }), '(by TS_MW_TLS_CERTIFICATE)');
});

errors('the source of trust is what counts', () => {
  const [ca, certificate] = ['a', 'c'];
  assert.is(sourceOfTrust({}), undefined);
  assert.is(sourceOfTrust({ caFile: 'f' }), undefined);
  assert.is(sourceOfTrust({ resourceFile: 'r' }), undefined);
  assert.is(sourceOfTrust({ ca, resourceFile: 'r', caFile: 'f' }), 'resource file r');
  assert.is(sourceOfTrust({ certificate, resourceFile: 'r' }), 'resource file r');
  assert.is(sourceOfTrust({ certificate, ca, caFile: 'f' }), 'TS_MW_TLS_CERTIFICATE');
  assert.is(sourceOfTrust({ ca, caFile: 'f' }), '--tls-ca f');
  assert.is(sourceOfTrust({ ca }), 'the authorities given');
});

errors('a timeout names its seconds, and each error its cause', () => {
  const cause = new Error('c');
  assert.equal(
    [timeoutError(PLAIN, 300, cause), plainError(PLAIN, cause), tlsError(PLAIN, 'it is odd', cause)].map(
      (error) => [error.reason, error.cause],
    ),
    [
      ['timeout', cause],
      ['tls', cause],
      ['tls', cause],
    ],
  );
  assert.is(timeoutError(PLAIN, 300).message, `no answer from ${WHERE} within 0.3 s`);
});

errors('a place never shows what stands before its last @', () => {
  const urls: readonly (readonly [string, string])[] = [
    ['nats://h:1', 'nats://h:1'],
    ['nats://t@h:1', 'nats://h:1'],
    ['nats://u:p@ss@h:1', 'nats://h:1'],
    ['nats://u:p/@\n@h:1', 'nats://h:1'],
    ['TLS://u:p@h', 'TLS://h'],
    ['t@h:1', 'h:1'],
  ];
  for (const [url, shown] of urls) assert.is(withoutCredentials(url), shown);
  assert.is(placeOf({ urls: urls.map(([url]) => url) }), urls.map(([, shown]) => shown).join(', '));
});

const GIVEN: readonly (readonly [Partial<BrokerAddress>, string])[] = [
  [{ creds: 'a.creds', nkeyFile: 'k', token: 't', user: 'u' }, 'those of --nats-creds a.creds'],
  [{ nkeyFile: 'a.nk', token: 't', user: 'u' }, 'the nkey of --nats-nkey-file a.nk'],
  [{ token: 't', tokenFrom: 'flag', user: 'u' }, 'the token of --nats-token-file or --nats-token'],
  [{ token: 't', tokenFrom: 'environment' }, 'the token of TS_MW_TOKEN'],
  [{ token: 't', tokenFrom: 'resource-file' }, 'the token of the resource file'],
  [{ token: 't' }, 'its token'],
  [{ user: 'u"', urls: ['nats://t@h'] }, 'user "u\\"" and its password'],
  [{ urls: ['nats://h', 'nats://t@h'] }, 'those of its URL'],
];
for (const [address, given] of GIVEN) {
  errors(`credentials that are refused are ${given}`, () => {
    const said = credentialsFault({ urls: ['nats://h'], ...address }, 'No');
    assert.is(said, `refuses our credentials, ${given}: No`);
  });
}

errors('who gave no credentials is told how to', () => {
  const said = credentialsFault({ urls: ['nats://h', 'i:2'] }, 'No');
  assert.match(
    said,
    /^asks for credentials, and none were given \(No\); type --nats-token-file FILE, .*resource file$/,
  );
});

errors.run();
