/** One client of the broker alone, over sockets that only write down what happens to them. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Admission } from '../../src/broker/admission/admission.js';
import { GuestRights } from '../../src/broker/admission/guests.js';
import { EVERYTHING } from '../../src/broker/admission/rights.js';
import type { Strangers } from '../../src/broker/admission/strangers.js';
import { Client } from '../../src/broker/client.js';
import type { ClientSurroundings } from '../../src/broker/client-surroundings.js';
import type { Subscription } from '../../src/broker/participant.js';
import { RouteTable } from '../../src/broker/routing/routes.js';
import { CONNECT_QUIET, hpub, pub } from '../support/raw-nats.js';
import { withTimersByHand } from '../support/timers-by-hand.js';

const LINGER_MS = 500;
/** The message of `pub('a', 'x')` for the subscription 1. */
const HEARD = 'MSG a 1 1\r\nx\r\n';

class Wire extends EventEmitter {
  readonly remoteAddress = '10.0.0.7';
  readonly remotePort = 7;
  readonly writableLength = 0;
  said = '';
  /** The calls that end it. */
  readonly ends: string[] = [];

  write(bytes: Buffer): void {
    this.said += bytes.toString('latin1');
  }

  cork(): void {}

  uncork(): void {}

  end(): void {
    this.ends.push('end');
  }

  resume(): void {
    this.ends.push('resume');
  }

  destroy(): void {
    this.ends.push('destroy');
  }
}

class CountingRoutes extends RouteTable<Subscription> {
  finds = 0;

  override find(subject: string) {
    this.finds++;
    return super.find(subject);
  }
}

interface Peer {
  readonly client: Client;
  readonly wire: Wire;
  say(bytes: string): void;
  /** All that it was told since the last time. */
  hear(): string;
}

interface Stage {
  readonly routes: CountingRoutes;
  /** The reports of the client, by the name of the call. */
  readonly log: string[];
  pending(): number;
  open(first?: string): Peer;
}

function stage(more: Partial<ClientSurroundings<Client>> = {}): Stage {
  const log: string[] = [];
  const routes = new CountingRoutes();
  let pending = 0;
  const around: ClientSurroundings<Client> = {
    routes,
    limits: { maxPayload: 1000, maxControlLine: 100 },
    maxPending: 100_000,
    maxOwnerPending: 100_000,
    holdGuestsAt: 100_000,
    admission: admission({}),
    strangers: { ...strangers, refuse: () => log.push('refused') },
    wantsFlush: () => log.push('flush'),
    countPending: (change) => {
      pending += change;
    },
    checkTotal: () => {},
    onConnected: ({ address }) => log.push(`connected ${address}`),
    onForbidden: (_, reason) => log.push(`forbidden ${reason}`),
    onClosed: (_, reason) => log.push(`closed ${reason}`),
    ...more,
  };
  const open = (first = CONNECT_QUIET): Peer => {
    const wire = new Wire();
    const client = new Client(wire as unknown as Socket, around);
    const say = (bytes: string): void => client.receive(Buffer.from(bytes, 'latin1'));
    if (first !== '') say(first);
    const hear = (): string => {
      client.wantsFlush = false;
      client.outbox.flush();
      const { said } = wire;
      wire.said = '';
      return said;
    };
    return { client, wire, say, hear };
  };
  return { routes, log, pending: () => pending, open };
}

const strangers: Strangers = {
  areTold: true,
  arrived: () => {},
  admitted: () => {},
  left: () => {},
  hears: () => true,
  refuse: () => {},
  tell: () => {},
  stop: () => {},
};

function admission(more: Partial<Admission>): Admission {
  return {
    asksForCredentials: false,
    rightsBefore: EVERYTHING,
    isOwner: ({ authToken }) => authToken === 'owner',
    admit: () => more.rightsBefore ?? EVERYTHING,
    closed: () => {},
    ...more,
  };
}

const clients = suite('broker client');

clients('who leaves takes all its subscriptions along, and leaves once', () => {
  for (const leave of ['cut', 'closeSoon', 'fail'] as const) {
    withTimersByHand(() => {
      const { routes, log, open, pending } = stage();
      const { client, say, wire } = open();
      assert.not(client.isClosed);
      say(`SUB a 1\r\nSUB a q 2\r\nSUB b 3\r\n${pub('a', 'x')}`);
      assert.ok(pending() > 0);
      log.length = 0;
      client[leave]('why');
      assert.equal([log.splice(0).filter((line) => line !== 'flush'), pending()], [['closed why'], 0]);
      const { ends } = wire;
      const before = [...ends];
      client.cut('again');
      client.closeSoon('again');
      client.fail('again');
      say(pub('b', 'x'));
      assert.equal([log, ends, pending()], [[], before, 0]);
      for (const subject of ['a', 'b']) {
        const { plain, groups } = routes.find(subject);
        assert.equal([plain, groups], [[], []], subject);
      }
    });
  }
});

clients('who is closed soon gets what waits for it, and is cut when it does not go', () => {
  withTimersByHand((timers) => {
    const { open } = stage();
    const [patient, quick] = [open(), open()];
    for (const { client, say } of [patient, quick]) {
      say('PING\r\n');
      client.fail('why');
    }
    assert.is(patient.wire.said, "PONG\r\n-ERR 'why'\r\n");
    assert.equal(patient.wire.ends, ['end', 'resume']);
    assert.equal(timers.set, [LINGER_MS, LINGER_MS]);
    quick.wire.emit('close');
    assert.equal(timers.set, [LINGER_MS]);
    timers.ring(LINGER_MS);
    assert.equal(
      [patient.wire.ends, quick.wire.ends],
      [
        ['end', 'resume', 'destroy'],
        ['end', 'resume'],
      ],
    );
  });
});

clients('who is cut is told nothing', () => {
  withTimersByHand((timers) => {
    const { wire, client, say } = stage().open();
    say('PING\r\n');
    client.cut('why');
    assert.equal([wire.said, wire.ends, timers.set], ['', ['destroy'], []]);
  });
});

clients('who has failed is not heard, also not in what it said at the same time', () => {
  withTimersByHand(() => {
    const { log, routes, open } = stage();
    const { client, say, wire } = open();
    log.length = 0;
    say('rubbish\r\nSUB a 1\r\nmore rubbish\r\n');
    say('SUB a 1\r\nrubbish\r\n');
    client.fail('again');
    assert.is(wire.said, "-ERR 'Unknown Protocol Operation'\r\n");
    assert.equal(
      log.filter((line) => line.startsWith('closed')),
      ['closed Unknown Protocol Operation'],
    );
    assert.is(routes.find('a').plain.length, 0);
  });
});

clients('who says CONNECT twice and fails the second time is not heard any more', () => {
  const { log, routes, open } = stage({
    admission: admission({ admit: (_, { user }) => (user === 'you' ? undefined : EVERYTHING) }),
  });
  const { say, hear } = open();
  log.length = 0;
  say('CONNECT {"user":"you"}\r\nSUB a 1\r\nPING\r\n');
  say('SUB a 1\r\nPING\r\n');
  assert.equal([log, hear()], [['refused'], '']);
  assert.is(routes.find('a').plain.length, 0);
});

clients('who says nothing of itself is a guest and no owner', () => {
  const rightsBefore = new GuestRights({ ownerToken: '', mayPublish: [], mayHear: [] });
  const { open } = stage({ admission: admission({ rightsBefore }) });
  const { client, say, hear } = open('');
  assert.not(client.isOwner);
  say('SUB a 1\r\n');
  assert.match(hear(), /^-ERR 'Permissions Violation for Subscription to "a"'\r\n$/);
});

clients('each command is confirmed to who wants it, and what is wrong in it is told', () => {
  const { open } = stage();
  const { say, hear } = open('');
  const OK = '+OK\r\n';
  const answers = [
    ['SUB a 1\r\n', OK],
    ['SUB b 1\r\n', OK],
    ['UNSUB 9\r\n', OK],
    ['SUB a..b 2\r\n', "-ERR 'Invalid Subject'\r\n"],
    [pub('a', 'x'), `${OK}${HEARD}`],
    [pub('b', 'x'), OK],
    [pub('*', 'x'), `-ERR 'Invalid Publish Subject'\r\n${OK}`],
    ['UNSUB 1\r\n', OK],
    [pub('a', 'x'), OK],
  ] as const;
  for (const [said, answer] of answers) {
    say(said);
    assert.is(hear(), answer, said);
  }
});

clients('who is silent is asked as often as it may be, and anything that it says counts', () => {
  withTimersByHand(() => {
    const { wire, client, say, hear } = stage().open('');
    const ask = (): string => {
      client.askForLife(2);
      return hear();
    };
    const PING = 'PING\r\n';
    assert.equal([ask(), ask()], [PING, PING]);
    for (const sign of ['PONG\r\n', 'SU', 'B a 1\r\n']) {
      say(sign);
      hear();
      assert.equal([ask(), ask(), ask()], ['', PING, PING], sign);
    }
    client.askForLife(2);
    assert.is(wire.said, "-ERR 'Stale Connection'\r\n");
    assert.ok(client.isClosed);
  });
});

clients('a subject is looked up once while nothing changes, and never taken for one that is alike', () => {
  const { routes, open } = stage();
  const subscriber = open();
  const subjects = ['a', 'ab', 'bb', 'ba', 'abc', 'b'];
  for (const subject of subjects) subscriber.say(`SUB ${subject} ${subject}\r\n`);
  const publisher = open();
  for (const first of subjects) {
    for (const second of subjects) {
      publisher.say(pub(first, 'x') + pub(second, 'x'));
      const heard = [first, second].map((subject) => `MSG ${subject} ${subject} 1\r\nx\r\n`).join('');
      assert.is(subscriber.hear(), heard);
    }
  }
  publisher.say(pub('a', 'x'));
  routes.finds = 0;
  publisher.say(pub('a', 'x').repeat(3));
  assert.is(routes.finds, 0);
  subscriber.say('UNSUB a\r\n');
  subscriber.hear();
  publisher.say(pub('a', 'x').repeat(2));
  assert.equal([routes.finds, subscriber.hear()], [1, '']);
});

clients('the members of a queue group take turns, and a deaf one is passed over', () => {
  const { open } = stage();
  const members = [open(), open(), open(CONNECT_QUIET.replace('{', '{"echo":false,'))];
  for (const { say } of members) say('SUB a q 1\r\n');
  const [first, , deaf] = members as [Peer, Peer, Peer];
  const takers = (publisher: Peer, times: number): number[] =>
    Array.from({ length: times }, () => {
      publisher.say(pub('a', 'x'));
      const heard = members.map(({ hear }) => hear());
      assert.equal([...heard].sort(), ['', '', HEARD]);
      return heard.indexOf(HEARD);
    });
  const turns = takers(first, 7);
  assert.equal(
    turns,
    turns.map((_, index) => ((turns[0] as number) + index) % 3),
  );
  const others = takers(deaf, 6);
  assert.equal([...others].sort(), [0, 0, 0, 1, 1, 1].slice(0, 6).sort());
  const lonely = open(CONNECT_QUIET.replace('{', '{"echo":false,'));
  lonely.say(`SUB b q 1\r\nSUB b q 2\r\nSUB r 3\r\n${pub('b', 'x', 'r')}`);
  assert.match(lonely.hear(), /^HMSG r 3 16 16\r\nNATS\/1.0 503/, 'none of the group would take it');
});

clients('a subscription with a max gets so many and then is gone, beside one that goes on', () => {
  const { routes, open } = stage();
  const { say, hear } = open();
  say('SUB a 1\r\nSUB a q 2\r\nUNSUB 1 2\r\nUNSUB 2 1\r\nSUB a 3\r\n');
  const heard = Array.from({ length: 3 }, () => {
    say(pub('a', 'x'));
    return [...hear().matchAll(/MSG a (\d)/g)].map(([, sid]) => sid).join('');
  });
  assert.equal(heard, ['132', '13', '3']);
  assert.is(routes.find('a').plain.length, 1);
  say(`SUB a 1\r\nUNSUB 3 3\r\n${pub('a', 'x')}`);
  assert.is(hear(), HEARD, 'its sid is free again, and what came before counts');
});

clients(
  'headers of any size reach who wants them, and nobody else, and only who wants them may send any',
  () => {
    const { open } = stage();
    const [wants, plain, publisher] = [open(), open('CONNECT {"verbose":false}\r\n'), open()];
    for (const { say } of [wants, plain]) say('SUB a 1\r\n');
    publisher.say(hpub('a', 'h', 'xy', 'r') + hpub('a', '', 'xy') + hpub('a', 'head', ''));
    assert.is(wants.hear(), 'HMSG a 1 r 1 3\r\nhxy\r\nMSG a 1 2\r\nxy\r\nHMSG a 1 4 4\r\nhead\r\n');
    assert.is(plain.hear(), 'MSG a 1 r 2\r\nxy\r\nMSG a 1 2\r\nxy\r\nMSG a 1 0\r\n\r\n');
    withTimersByHand(() => {
      plain.say(hpub('a', '', 'x'));
      assert.is(plain.hear(), HEARD, 'none are none');
      plain.say(hpub('a', 'h', 'x'));
      assert.is(plain.wire.said, "-ERR 'Unknown Protocol Operation'\r\n");
    });
  },
);

clients('only who asked hears that nobody answers, on a subscription of its own', () => {
  const { open } = stage();
  const [asking, other] = [open(), open()];
  other.say('SUB r 9\r\n');
  asking.say(pub('a', 'x', 'r'));
  assert.equal([asking.hear(), other.hear()], ['', '']);
  asking.say(`SUB r 1\r\nSUB r 2\r\n${pub('a', 'x', 'r')}`);
  assert.equal([asking.hear(), other.hear()], ['HMSG r 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n', '']);
  for (const group of ['', 'q ']) {
    const answering = open();
    answering.say(`SUB a ${group}1\r\n`);
    asking.say(pub('a', 'x', 'r'));
    assert.equal([asking.hear(), answering.hear()], ['', 'MSG a 1 r 1\r\nx\r\n'], 'somebody answers');
    answering.client.cut('leaves');
  }
  const careless = open('CONNECT {"verbose":false,"headers":true}\r\n');
  careless.say(`SUB r 1\r\n${pub('a', 'x', 'r')}`);
  assert.is(careless.hear(), '');
});

const OWNER = 'CONNECT {"verbose":false,"auth_token":"owner"}\r\n';

clients('who leaves more unread than it may is cut, an owner later', () => {
  const { log, open, pending } = stage({ maxPending: HEARD.length, maxOwnerPending: 2 * HEARD.length });
  for (const [first, most] of [
    [CONNECT_QUIET, 1],
    [OWNER, 2],
  ] as const) {
    const subscriber = open(first);
    const publisher = open();
    subscriber.say('SUB a 1\r\n');
    publisher.say(pub('a', 'x').repeat(most));
    assert.not(subscriber.client.isClosed);
    assert.is(pending(), most * HEARD.length);
    publisher.say(pub('a', 'x'));
    assert.equal([subscriber.wire.ends, subscriber.wire.said], [['destroy'], '']);
    assert.is(log.at(-1), 'closed Slow Consumer');
    assert.is(pending(), 0);
  }
});

clients('what a client says after it was cut is not heard', () => {
  const { routes, open } = stage({ maxPending: HEARD.length });
  const { client, say } = open();
  say(`SUB a 1\r\n${pub('a', 'x').repeat(2)}SUB b 2\r\n`);
  assert.ok(client.isClosed);
  assert.equal(routes.find('b').plain, []);
});

clients('a guest awaits an owner that is behind; nobody else awaits anybody', () => {
  const { open } = stage({ holdGuestsAt: HEARD.length });
  const [owner, other, guest] = [open(OWNER), open(OWNER), open()];
  owner.say('SUB a 1\r\n');
  assert.equal(
    [owner, other, guest].map(({ client }) => client.isOwner),
    [true, true, false],
  );
  guest.say(pub('a', 'x'));
  assert.is(guest.client.awaits, undefined);
  other.say(pub('a', 'x'));
  assert.is(other.client.awaits, undefined, 'an owner waits for none');
  guest.say(pub('a', 'x'));
  assert.is(guest.client.awaits, owner.client);
  const listener = open();
  listener.say('SUB b 1\r\n');
  const second = open();
  second.say(pub('b', 'x').repeat(3));
  assert.is(second.client.awaits, undefined, 'none waits for a guest');
});

clients('what a guest may not do is told to it each time, and reported the first time', () => {
  const rightsBefore = new GuestRights({ ownerToken: '', mayPublish: ['to.*'], mayHear: ['from.*'] });
  const { log, routes, open } = stage({ admission: admission({ rightsBefore }) });
  const [guest, owner] = [open(), open(OWNER)];
  owner.say('SUB > 1\r\n');
  log.length = 0;
  guest.say(`SUB a 1\r\nSUB a q 2\r\n${pub('a', 'x')}`);
  const refusal = 'Permissions Violation for Subscription to "a"';
  assert.is(
    guest.hear(),
    `-ERR '${refusal}'\r\n-ERR '${refusal} using queue "q"'\r\n` +
      `-ERR 'Permissions Violation for Publish to "a"'\r\n`,
  );
  assert.equal(
    log.filter((line) => line !== 'flush'),
    [`forbidden ${refusal}`],
  );
  assert.is(routes.find('a').plain.length, 1);
  guest.say(`SUB from.a 3\r\n${pub('to.a', 'x')}`);
  assert.equal([guest.hear(), owner.hear()], ['', 'MSG to.a 1 1\r\nx\r\n']);
  owner.say(pub('from.a', 'x'));
  assert.is(guest.hear(), 'MSG from.a 3 1\r\nx\r\n');
});

clients('who fails to authenticate is not heard, and told nothing by itself', () => {
  const { log, routes, open } = stage({
    admission: admission({
      asksForCredentials: true,
      admit: (_, { user }) => (user === 'me' ? EVERYTHING : undefined),
    }),
  });
  const refused = open('CONNECT {"user":"you"}\r\nSUB a 1\r\n');
  refused.say('CONNECT {"user":"me"}\r\nSUB a 1\r\n');
  assert.equal([log, refused.hear(), refused.wire.ends], [['refused'], '', []]);
  const { isRefused, isConnected, isClosed } = refused.client;
  assert.equal([isRefused, isConnected, isClosed], [true, false, false]);
  assert.is(routes.find('a').plain.length, 0);
  log.length = 0;
  open('SUB a 1\r\n');
  assert.equal(log, ['refused'], 'before its CONNECT');
  log.length = 0;
  const admitted = open('CONNECT {"user":"me"}\r\nSUB a 1\r\n');
  assert.equal(log, ['connected 10.0.0.7:7', 'flush']);
  assert.is(admitted.hear(), '+OK\r\n+OK\r\n');
  admitted.say('CONNECT {"verbose":false}\r\n');
  assert.equal(
    log.filter((line) => line.startsWith('connected')),
    ['connected 10.0.0.7:7'],
    'once',
  );
});

clients('who is not listened to is not admitted, except an owner', () => {
  const { log, open } = stage({
    admission: admission({ asksForCredentials: true, admit: () => undefined }),
    strangers: { ...strangers, hears: () => false },
  });
  assert.not(open().client.isConnected);
  assert.equal(log, []);
  assert.ok(open(OWNER).client.isConnected);
});

clients(
  'rights hear of subscriptions that stand and that end, and admission of the end of each client',
  () => {
    const log: string[] = [];
    const rights = {
      ...EVERYTHING,
      subscribed: () => log.push('stands'),
      unsubscribed: () => log.push('ended'),
    };
    const { open } = stage({
      admission: admission({ admit: () => rights, closed: () => log.push('closed') }),
    });
    const { client, say } = open();
    say('SUB a 1\r\nSUB a 1\r\nUNSUB 1\r\nUNSUB 1\r\n');
    assert.equal(log.splice(0), ['stands', 'ended']);
    say(`SUB a 2\r\nUNSUB 2 1\r\n${pub('a', 'x')}`);
    assert.equal(log.splice(0), ['stands', 'ended']);
    say('SUB a 3\r\n');
    client.cut('why');
    assert.equal(log, ['stands', 'closed']);
  },
);

clients('who says CONNECT again has the rights of that one, also for its last subject', () => {
  const none = new GuestRights({ ownerToken: '', mayPublish: [], mayHear: [] });
  const { open } = stage({
    admission: admission({ admit: (_, { user }) => (user === 'guest' ? none : EVERYTHING) }),
  });
  const { say, hear } = open();
  say(`SUB a 1\r\n${pub('a', 'x')}`);
  assert.is(hear(), HEARD);
  say(`CONNECT {"user":"guest"}\r\n${pub('a', 'x')}`);
  assert.is(hear(), '-ERR \'Permissions Violation for Publish to "a"\'\r\n');
});

clients('it asks to be flushed once, until it was', () => {
  const { log, open } = stage();
  const { client, say, hear } = open();
  assert.not(client.wantsFlush);
  log.length = 0;
  say('PING\r\nPING\r\n');
  say('PING\r\n');
  assert.equal([log, client.wantsFlush], [['flush'], true]);
  assert.is(hear(), 'PONG\r\n'.repeat(3));
  say('PING\r\n');
  assert.equal(log, ['flush', 'flush']);
});

clients('much is written at once, also before the end of the turn', () => {
  const { open } = stage({ limits: { maxPayload: 100_000, maxControlLine: 100 } });
  const { say, wire, client } = open();
  say('SUB a 1\r\n');
  say(pub('a', 'x'.repeat(64 * 1024 - 100)));
  assert.is(wire.said, '');
  say(pub('a', 'x'.repeat(100)));
  assert.ok(wire.said.length > 64 * 1024);
  assert.is(client.outbox.pending, 0);
});

clients('a fault of the broker itself is not put down to the client', () => {
  const { open } = stage({
    onConnected: () => {
      throw new Error('no audit');
    },
  });
  assert.throws(() => open(), /^no audit$/);
});

clients.run();
