/** The errors of a master or a slave that finds no broker it can use: each names what was given, and a cure. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConnectError, type ConnectFailure } from '../../../src/link/connection/connect-error.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import type { BrokerAddress, DataLink } from '../../../src/link/ports.js';
import { BROKERS } from '../../support/brokers.js';
import { freePort } from '../../support/free-port.js';
import {
  ifNatsServer,
  type NatsServer,
  type NatsServerOptions,
  startNatsServer,
} from '../../support/nats-server.js';
import { until } from '../../support/programs.js';
import { RawNats } from '../../support/raw-nats.js';
import { pair, pem } from '../../support/tls-files.js';

const faults = suite('faults of brokers');

/** Of a connection that comes about, or is refused: longer than a busy thread takes. */
const LIMIT_MS = 30_000;

const ca = pem('ca');
const CN = (name: string, by: string): string => `(CN=${name}, signed by ${by})`;

async function refusal(address: BrokerAddress, timeoutMs = LIMIT_MS): Promise<ConnectError> {
  const error = await connectData(address, { name: 'test', timeoutMs }).then(
    async (link) => {
      await link.close();
      return assert.unreachable('it connected');
    },
    (reason: unknown) => reason,
  );
  assert.instance(error, ConnectError, String(error));
  assert.not.match((error as ConnectError).message, /\n/);
  return error as ConnectError;
}

interface Fault {
  readonly name: string;
  readonly broker: NatsServerOptions;
  readonly given: Partial<BrokerAddress>;
  /** In place of the broker's own. */
  readonly scheme?: 'nats' | 'tls';
  readonly reason: ConnectFailure;
  readonly said: readonly string[];
}

const FAULTS: readonly Fault[] = [
  {
    name: 'an authority that did not sign',
    broker: { tls: { name: 'broker' } },
    given: { tls: { ca: pem('other-ca'), caFile: '/etc/other.pem' } },
    reason: 'tls',
    said: [
      `--tls-ca /etc/other.pem (CN=other-ca) did not sign its certificate ${CN('broker', 'CN=ca')}`,
      'name a file that holds the certificate of CN=ca',
    ],
  },
  {
    name: 'the same of a resource file',
    broker: { tls: { name: 'broker' } },
    given: { tls: { ca: pem('other-ca'), resourceFile: 'm.rsc' } },
    reason: 'tls',
    said: ['resource file m.rsc (CN=other-ca) did not sign its certificate'],
  },
  ...(['nats', 'tls'] as const).map((scheme) => ({
    name: `no authority, with ${scheme}://`,
    broker: { tls: { name: 'broker' as const } },
    given: {},
    scheme,
    reason: 'tls' as const,
    said: [
      `no authority that this machine trusts signed its certificate ${CN('broker', 'CN=ca')}; type --tls-ca FILE`,
      "or use its master's resource file",
    ],
  })),
  {
    name: 'a certificate that signed itself',
    broker: { tls: { name: 'self' } },
    given: { tls: { ca, caFile: 'ca.pem' } },
    reason: 'tls',
    said: [
      `--tls-ca ca.pem (CN=ca) did not sign its certificate ${CN('self', 'itself')}`,
      'that certificate itself',
    ],
  },
  {
    name: 'another host',
    broker: { tls: { name: 'elsewhere' } },
    given: { tls: { ca } },
    reason: 'tls',
    said: [
      'its certificate is for elsewhere.example, and not for 127.0.0.1',
      'type --nats-url tls://elsewhere.example:',
      'or --master-host elsewhere.example',
    ],
  },
  {
    name: 'a certificate that has expired',
    broker: { tls: { name: 'expired' } },
    given: { tls: { ca } },
    reason: 'tls',
    said: [`its certificate ${CN('expired', 'CN=ca')} expired on Jan  1 00:00:00 2021 GMT; renew it`],
  },
  {
    name: 'a certificate that is not valid yet',
    broker: { tls: { name: 'future' } },
    given: { tls: { ca: pem('future') } },
    reason: 'tls',
    said: [
      `its certificate ${CN('future', 'itself')} is valid only from Jan  1 00:00:00 2110 GMT on`,
      "or set this machine's clock",
    ],
  },
  {
    name: 'another certificate than that of the resource file',
    broker: { tls: { name: 'self' } },
    given: { tls: { certificate: pem('broker'), resourceFile: 'm.rsc' } },
    reason: 'tls',
    said: [`it shows another certificate ${CN('self', 'itself')} than the one in resource file m.rsc`],
  },
  {
    name: 'a resource file whose certificate is none',
    broker: { tls: { name: 'self' } },
    given: { tls: { certificate: 'junk', resourceFile: 'm.rsc' } },
    reason: 'tls',
    said: ['resource file m.rsc has no certificate in PEM'],
  },
  {
    name: 'no certificate of ours',
    broker: { tls: { name: 'broker', verify: true } },
    given: { tls: { ca } },
    reason: 'tls',
    said: ['it asks for a certificate of ours', 'type --tls-cert FILE --tls-key FILE'],
  },
  {
    name: 'a certificate of ours that another authority signed',
    broker: { tls: { name: 'broker', verify: true } },
    given: { tls: { ca, ...pair('stranger'), certFile: 's.pem' } },
    reason: 'tls',
    said: [
      `it refuses the certificate of --tls-cert s.pem ${CN('stranger', 'CN=other-ca')}`,
      'which its authority did not sign',
    ],
  },
  {
    name: 'TLS to a broker without',
    broker: {},
    given: { tls: { ca, caFile: 'ca.pem' } },
    scheme: 'tls',
    reason: 'tls',
    said: ['does not offer TLS, which is required (by --tls-ca ca.pem)', 'start it with TLS'],
  },
  {
    name: 'TLS by the URL to a broker without',
    broker: {},
    given: {},
    scheme: 'tls',
    reason: 'tls',
    said: ['does not offer TLS, which is required (by the URL)'],
  },
  {
    name: 'no credentials',
    broker: { token: 'right' },
    given: {},
    reason: 'credentials',
    said: ['asks for credentials, and none were given', '--nats-token-file FILE', '--nats-creds FILE'],
  },
  ...(
    [
      ['flag', '--nats-token-file or --nats-token'],
      ['environment', 'TS_MW_TOKEN'],
      ['resource-file', 'the resource file'],
    ] as const
  ).map(([tokenFrom, named]) => ({
    name: `a wrong token (${tokenFrom})`,
    broker: { token: 'right' },
    given: { token: 'wrong-one', tokenFrom },
    reason: 'credentials' as const,
    said: [`refuses our credentials, the token of ${named}`, 'Authorization Violation'],
  })),
  {
    name: 'a wrong password',
    broker: { user: 'u', password: 'right' },
    given: { user: 'u', password: 'wrong-one' },
    reason: 'credentials',
    said: ['refuses our credentials, user "u" and its password'],
  },
  {
    name: 'too small messages',
    broker: { maxPayload: 262_209 },
    given: {},
    reason: 'unfit',
    said: ['its max_payload is 262209 and must be at least 262210', 'raise max_payload in the configuration'],
  },
];

for (const { name, broker: options, given, scheme, reason, said } of FAULTS) {
  for (const kind of BROKERS) {
    faults(`it tells of ${name} (${kind.name})`, async () => {
      const broker = await kind.start(options);
      try {
        const url = scheme === undefined ? broker.url : broker.url.replace(/^\w+/, scheme);
        const error = await refusal({ urls: [url], ...given });
        assert.is(error.reason, reason, error.message);
        for (const part of said) assert.ok(error.message.includes(part), `${part}\n${error.message}`);
        assert.not.match(error.message, /wrong-one/);
      } finally {
        await broker.stop();
      }
    });
  }
}

faults('it connects where one of several servers is fit, and says what is wrong where none is', async () => {
  const [kind] = BROKERS;
  const good = await kind?.start({ tls: { name: 'broker' } });
  const bad = await kind?.start({ tls: { name: 'expired' } });
  try {
    const tls = { ca };
    const urls = [bad?.url ?? '', good?.url ?? ''];
    const link = await connectData({ urls, tls }, { name: 'test', timeoutMs: LIMIT_MS });
    await link.close();
    const nowhere = `tls://127.0.0.1:${await freePort()}`;
    assert.match((await refusal({ urls: [nowhere, bad?.url ?? ''], tls })).message, /expired on/);
  } finally {
    await good?.stop();
    await bad?.stop();
  }
});

async function strangerAt(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `nats://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const STRANGERS: readonly (readonly [string, () => Server, RegExp])[] = [
  [
    'one that speaks first',
    () => createServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    /no broker at nats:\S+: it sends "SSH-2\.0-OpenSSH_9\.2"; type the port of its NATS clients/,
  ],
  [
    'one that never says a word',
    () => createServer((socket) => void socket.on('error', () => {}).resume()),
    /it accepts connections and sends nothing/,
  ],
  [
    'one that wants TLS first',
    () => createTlsServer(pair('broker')).on('tlsClientError', () => {}),
    /it wants TLS before its first line.*handshake_first/,
  ],
];
for (const [name, create, said] of STRANGERS) {
  faults(`it tells of a port of another program: ${name}`, async () => {
    const server = create();
    try {
      const error = await refusal({ urls: [await strangerAt(server)] });
      assert.is(error.reason, 'foreign');
      assert.match(error.message, said);
    } finally {
      server.close();
    }
  });
}

faults('a file that cannot be read is told before anything is dialled', async () => {
  let dials = 0;
  const server = createServer((socket) => {
    dials++;
    socket.destroy();
  });
  try {
    const urls = [await strangerAt(server)];
    for (const given of [{ creds: '/nowhere.creds' }, { nkeyFile: '/nowhere.nk' }]) {
      const error = await refusal({ urls, ...given });
      assert.is(error.reason, 'credentials');
    }
    assert.is(dials, 0);
  } finally {
    server.close();
  }
});

faults('it waits for a broker that is frozen, and sends it nothing', async () => {
  let heard = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        heard += chunk;
      });
  });
  try {
    const error = await refusal({ urls: [await strangerAt(server)] }, 1_500);
    assert.is(error.reason, 'timeout');
    assert.is(heard, '');
  } finally {
    server.close();
  }
});

async function withServer(
  options: NatsServerOptions,
  more: readonly string[],
  body: (server: NatsServer, open: (address?: Partial<BrokerAddress>) => Promise<DataLink>) => Promise<void>,
): Promise<void> {
  const server = await startNatsServer({ ...options, more });
  const links: DataLink[] = [];
  try {
    await body(server, async (address = {}) => {
      const link = await connectData({ urls: [server.url], ...address }, { name: 't', timeoutMs: LIMIT_MS });
      links.push(link);
      return link;
    });
  } finally {
    await Promise.all(links.map((link) => link.close()));
    await server.stop();
  }
}

const onServer = ifNatsServer(faults);

onServer('it tells the websocket port and the monitoring port of a nats-server from its own', async () => {
  const [websocket, http] = [await freePort(), await freePort()];
  const more = [
    `websocket { host: "127.0.0.1", port: ${websocket}, no_tls: true }`,
    `http: "127.0.0.1:${http}"`,
  ];
  await withServer({}, more, async () => {
    const cases = [
      [websocket, /it is the websocket port of a nats-server.*type the port of its NATS clients/],
      [http, /it speaks HTTP, as the monitoring port of a nats-server/],
    ] as const;
    for (const [port, said] of cases) {
      const error = await refusal({ urls: [`nats://127.0.0.1:${port}`] });
      assert.is(error.reason, 'foreign');
      assert.match(error.message, said);
    }
  });
});

for (const tls of [undefined, { name: 'broker' as const }]) {
  const address = tls === undefined ? {} : { tls: { ca } };
  onServer(`max_connections keeps out what goes beyond, and says so${tls ? ' (TLS)' : ''}`, async () => {
    await withServer({ tls }, ['max_connections: 2'], async ({ url }, open) => {
      const first = await open(address);
      await open(address);
      for (let again = 0; again < 3; again++) {
        const error = await refusal({ urls: [url], ...address });
        assert.is(error.reason, 'full', error.message);
        assert.match(error.message, /max_connections in the configuration of the nats-server is reached/);
      }
      await first.close();
      // The server hears of the close in its own time.
      let hasRoom = false;
      while (!hasRoom) {
        hasRoom = await open(address).then(
          () => true,
          () => false,
        );
      }
    });
  });
}

onServer('looks at a nats-server with TLS leave no fault in its log', async () => {
  await withServer({ tls: { name: 'broker', verify: true } }, [], async (server, open) => {
    const tls = { ca, ...pair('client') };
    for (let again = 0; again < 5; again++) await (await open({ tls })).ready();
    const raw = await RawNats.open(server.port, '');
    raw.close();
    await until('the log has what we make on purpose', () => /TLS handshake error/.test(server.log()));
    const errors = server.log().match(/^.*\[ERR\].*$/gm) ?? [];
    assert.is(errors.length, 1, server.log());
  });
});

faults.run();
