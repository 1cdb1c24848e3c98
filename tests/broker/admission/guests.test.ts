/** Guests of a broker that has an owner: they say and hear what they can name, and nothing else. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type GuestOptions, GuestRights } from '../../../src/broker/admission/guests.js';
import type { BrokerEvent } from '../../../src/broker/broker-event.js';
import { BrokerServer } from '../../../src/broker/server.js';
import { pub, RawNats } from '../../support/raw-nats.js';

const OWNER = 'the-owners-own';
const options: GuestOptions = { ownerToken: OWNER, mayPublish: ['to.*'], mayHear: ['from.*', 'from.*.more'] };
const connect = (token?: string): string =>
  `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, auth_token: token })}\r\n`;

const guests = suite('broker guests');

guests('they may publish and hear subjects of the right form, by their full names', () => {
  const rights = new GuestRights(options);
  const table = [
    ['to.a', true, false],
    ['to.*', true, false],
    ['to', false, false],
    ['to.a.b', false, false],
    ['from.a', false, true],
    ['from.a.more', false, true],
    ['from.a.less', false, false],
    ['from.*', false, false],
    ['from.*.more', false, false],
    ['from.>', false, false],
    ['>', false, false],
    ['*.a', false, false],
    ['', false, false],
  ] as const;
  for (const [subject, mayPublish, mayHear] of table) {
    assert.is(rights.refusePublish(subject) === undefined, mayPublish, `publish ${subject}`);
    assert.is(rights.refuseSubscription(subject, undefined, 0) === undefined, mayHear, `hear ${subject}`);
  }
});

guests('a subscription too many is refused', () => {
  const rights = new GuestRights(options);
  assert.is(rights.refuseSubscription('from.a', undefined, 63), undefined);
  assert.is(rights.refuseSubscription('from.a', 'q', 64), 'maximum subscriptions exceeded');
});

for (const token of [undefined, 'for-guests'] as const) {
  guests(`the owner hears all, a guest its own (${token === undefined ? 'no token' : 'token'})`, async () => {
    const events: BrokerEvent[] = [];
    const server = new BrokerServer({ host: '127.0.0.1', port: 0, token, guests: options }, (event) =>
      events.push(event),
    );
    const clients: RawNats[] = [];
    try {
      const port = await server.listen();
      const open = async (given?: string): Promise<RawNats> => {
        const client = await RawNats.open(port, connect(given));
        clients.push(client);
        return client;
      };
      const [owner, guest, spy] = [await open(OWNER), await open(token), await open(token)];
      owner.send('SUB > 1\r\n');
      assert.is(await owner.flush(), '');
      guest.send('SUB from.secret 1\r\n');
      assert.is(await guest.flush(), '');
      spy.send('SUB > 1\r\nSUB from.* 2\r\nSUB to.a 3\r\n');
      const refused = await spy.flush();
      assert.is(refused.match(/Permissions Violation for Subscription/g)?.length, 3);
      spy.send(pub('from.secret', 'forged'));
      assert.match(await spy.flush(), /Permissions Violation for Publish to "from.secret"/);
      spy.send(pub('to.a', 'said') + pub('from.secret', 'forged') + pub('to.a', 'again'));
      await spy.flush();
      owner.send(pub('from.secret', 'given'));
      assert.match(await owner.flush(), /to\.a 1 4\r\nsaid.*to\.a 1 5\r\nagain.*given/s);
      assert.is(await guest.flush(), 'MSG from.secret 1 5\r\ngiven\r\n');
      assert.is(await spy.flush(), '');
      assert.is(events.filter(({ type }) => type === 'forbidden').length, 1);
    } finally {
      for (const client of clients) client.close();
      await server.stop();
    }
  });
}

guests('who says nothing of itself is a guest', async () => {
  const server = new BrokerServer({ host: '127.0.0.1', port: 0, guests: options });
  try {
    const client = await RawNats.open(await server.listen(), 'SUB > 1\r\n');
    assert.match(await client.flush(), /Permissions Violation/);
    client.close();
  } finally {
    await server.stop();
  }
});

guests.run();
