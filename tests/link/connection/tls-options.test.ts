/** Whom a connection trusts, over both brokers: authorities, one exact certificate, or nobody. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConnectError } from '../../../src/link/connection/connect-error.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import { exposedUrl } from '../../../src/link/connection/exposed-url.js';
import type { BrokerAddress } from '../../../src/link/ports.js';
import { FaultyWay } from '../../faults/faulty-way.js';
import { BROKERS, type TestBroker } from '../../support/brokers.js';
import type { TlsOfBroker } from '../../support/nats-server.js';
import { pair, pem } from '../../support/tls-files.js';

const trust = suite('trust in brokers');

type Connect = (address: Partial<BrokerAddress>) => Promise<void>;

function it(
  name: string,
  tls: TlsOfBroker | undefined,
  body: (connect: Connect, broker: TestBroker) => Promise<void>,
) {
  for (const kind of BROKERS) {
    trust(`it ${name} (${kind.name})`, async () => {
      const broker = await kind.start(tls === undefined ? {} : { tls });
      try {
        await body(async (address) => {
          const urls = [broker.url];
          const link = await connectData({ urls, ...address }, { name: 'test', timeoutMs: 10_000 });
          await link.ready();
          await link.close();
        }, broker);
      } finally {
        await broker.stop();
      }
    });
  }
}

async function expectRefusal(attempt: Promise<void>, said: RegExp): Promise<void> {
  const error = await attempt.then(
    () => assert.unreachable('it connected'),
    (reason: unknown) => reason,
  );
  assert.instance(error, ConnectError);
  assert.is((error as ConnectError).reason, 'tls');
  assert.match((error as ConnectError).message, said);
  assert.not.match((error as ConnectError).message, /\n/);
}

const ca = pem('ca');

it(
  'trusts what its authority signed, for a host that we were told',
  { name: 'broker' },
  async (connect, { port }) => {
    await connect({ tls: { ca } });
    await connect({ tls: { ca }, urls: [`tls://localhost:${port}`] });
    await expectRefusal(
      connect({ tls: { ca: pem('other-ca') } }),
      /^no TLS with tls:\/\/127\.0\.0\.1:\d+: the authorities given \(CN=other-ca\) did not sign its certificate/,
    );
    await expectRefusal(
      connect({}),
      /no authority that this machine trusts signed its certificate \(CN=broker, signed by CN=ca\)/,
    );
  },
);

it('finds a certificate for another host of no use', { name: 'elsewhere' }, async (connect) => {
  await expectRefusal(
    connect({ tls: { ca } }),
    /its certificate is for elsewhere\.example, and not for 127\.0\.0\.1/,
  );
});

it('takes one exact certificate whatever it is called and whoever signed it', {
  name: 'self',
}, async (connect) => {
  await connect({ tls: { certificate: pem('self') } });
  await connect({ tls: { certificate: pem('self'), ca: pem('other-ca') } });
  await expectRefusal(
    connect({ tls: { certificate: pem('broker') } }),
    /it shows another certificate \(CN=self, signed by itself\)/,
  );
  await expectRefusal(
    connect({ tls: { ca } }),
    /\(CN=ca\) did not sign its certificate \(CN=self, signed by itself\)/,
  );
});

it('takes a certificate of an authority for an exact one, but no other of it', {
  name: 'elsewhere',
}, async (connect) => {
  await connect({ tls: { certificate: pem('elsewhere') } });
  await expectRefusal(connect({ tls: { certificate: pem('broker') } }), /it shows another certificate/);
  await expectRefusal(connect({ tls: { certificate: ca } }), /it shows another certificate/);
});

it('shows a certificate to who asks for one', { name: 'broker', verify: true }, async (connect) => {
  await connect({ tls: { ca, ...pair('client') } });
  await expectRefusal(
    connect({ tls: { ca } }),
    /it asks for a certificate of ours that its authority signed; type --tls-cert FILE --tls-key FILE$/,
  );
  await expectRefusal(
    connect({ tls: { ca, ...pair('stranger') } }),
    /it refuses our certificate \(CN=stranger, signed by CN=other-ca\), which its authority did not sign/,
  );
});

it(
  'encrypts for a broker that requires it though no URL does, and trusts it no more',
  {
    name: 'broker',
  },
  async (connect, { port }) => {
    const urls = [`nats://127.0.0.1:${port}`];
    await connect({ tls: { ca }, urls });
    await connect({ tls: { certificate: pem('broker') }, urls });
    await expectRefusal(connect({ tls: { ca: pem('other-ca') }, urls }), /did not sign its certificate/);
  },
);

it('never falls back to plain', undefined, async (connect, { url }) => {
  await connect({});
  const urls = [url.replace('nats:', 'tls:')];
  await expectRefusal(
    connect({ urls, token: 'hidden', tls: { ca } }),
    /does not offer TLS, which is required/,
  );
});

it('connects again when its broker is back, encrypted', { name: 'broker' }, async (connect, broker) => {
  await connect({ tls: { ca } });
  const way = await FaultyWay.open(broker.port);
  try {
    const urls = [`tls://127.0.0.1:${way.port}`];
    const link = await connectData({ urls, tls: { ca } }, { name: 'test', timeoutMs: 10_000 });
    try {
      const connected = new Promise<void>((resolve) => {
        link.onStatus(({ status }) => {
          if (status === 'connected') resolve();
        });
      });
      way.cut();
      await connected;
      await link.ready();
      assert.ok(way.taken >= 3, 'a look, and two connections');
    } finally {
      await link.close();
    }
  } finally {
    await way[Symbol.asyncDispose]();
  }
});

trust('it says no secret in the clear beyond this machine', async () => {
  const cases: readonly (readonly [BrokerAddress, string | undefined])[] = [
    [{ urls: ['nats://192.0.2.1:1'], token: 't' }, 'nats://192.0.2.1:1'],
    [{ urls: ['nats://h:1'], user: 'u', password: 'p' }, 'nats://h:1'],
    [{ urls: ['nats://u:p@h:1'] }, 'nats://h:1'],
    [{ urls: ['nats://127.0.0.1:1', 'nats://h:1', 'tls://i:1'], token: 't' }, 'nats://h:1'],
    [{ urls: ['nats://h:1'], token: 't', insecure: true }, undefined],
    [{ urls: ['nats://h:1'] }, undefined],
    [{ urls: ['nats://h:1'], creds: '/some.creds' }, undefined],
    [{ urls: ['tls://h:1'], token: 't' }, undefined],
    [{ urls: ['nats://127.0.0.9:1', 'nats://localhost:1', 'nats://[::1]:1'], token: 't' }, undefined],
    [{ urls: ['nats://localhost.example:1'], token: 't' }, 'nats://localhost.example:1'],
    [{ urls: ['nats://127.example:1'], token: 't' }, 'nats://127.example:1'],
  ];
  for (const [address, exposed] of cases) assert.is(exposedUrl(address), exposed, JSON.stringify(address));
  const attempt = connectData(
    { urls: ['nats://192.0.2.1:1'], token: 'hidden' },
    { name: 'test', timeoutMs: 60_000 },
  );
  const error = (await attempt.catch((reason: unknown) => reason)) as ConnectError;
  assert.is(error.reason, 'insecure');
  assert.match(error.message, /would travel unencrypted to nats:\/\/192\.0\.2\.1:1; .*--insecure$/);
});

trust.run();
