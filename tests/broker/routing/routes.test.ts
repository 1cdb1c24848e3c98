/** The table of routes: what it remembers of a subject, how long, and how the lines to the subscribers begin. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RouteTable, type Subscriber } from '../../../src/broker/routing/routes.js';

const routes = suite('route table');

/** Subjects that are remembered at a time. */
const REMEMBERED = 16_384;

function subscriber(subject: string, sid: string, queue?: string): Subscriber {
  return { subject, sid, queue };
}

function tableOf(...subscribers: readonly Subscriber[]): RouteTable<Subscriber> {
  const table = new RouteTable<Subscriber>();
  for (const one of subscribers) table.add(one);
  return table;
}

routes('it writes the beginnings of the lines to each subscriber, with the subject of the message', () => {
  const [plain, queued] = [subscriber('a.*', '12'), subscriber('a.>', 's\xe9', 'q')];
  const found = tableOf(plain, queued).find('a.\xe9');
  assert.is(found.subject.toString('latin1'), 'a.\xe9');
  const [group] = found.groups;
  const shown = [found.plain, group?.routes ?? []].map((list) =>
    list.map(({ subscriber, subject, plainHead, headersHead }) => [
      subscriber,
      subject,
      plainHead.toString('latin1'),
      headersHead.toString('latin1'),
    ]),
  );
  assert.equal(shown, [
    [[plain, 'a.\xe9', 'MSG a.\xe9 12 ', 'HMSG a.\xe9 12 ']],
    [[queued, 'a.\xe9', 'MSG a.\xe9 s\xe9 ', 'HMSG a.\xe9 s\xe9 ']],
  ]);
});

routes('it remembers a subject, also one without subscribers, until a subscription comes or goes', () => {
  const first = subscriber('a', '1');
  const second = subscriber('b', '2');
  const table = tableOf(first);
  const one = table.find('a');
  const nobody = table.find('nobody');
  assert.is(table.find('a'), one);
  assert.is(table.find('nobody'), nobody);
  assert.equal([nobody.plain, nobody.groups], [[], []]);
  assert.ok(table.isCurrent(one));
  table.add(second);
  assert.not(table.isCurrent(one));
  const again = table.find('a');
  assert.is.not(again, one);
  assert.ok(table.isCurrent(again));
  assert.is(table.find('a'), again, 'remembered anew');
  table.remove(second);
  assert.not(table.isCurrent(again));
  assert.is.not(table.find('a'), again);
  table.remove(first);
  assert.equal(table.find('a').plain, []);
});

routes('it stays current when what is removed was not there', () => {
  const table = tableOf(subscriber('a', '1'));
  const found = table.find('a');
  table.remove(subscriber('a', '1'));
  assert.ok(table.isCurrent(found));
  assert.is(table.find('a'), found);
});

routes('it tells a version from another also when as many subscriptions came as went', () => {
  const [first, second] = [subscriber('a', '1'), subscriber('a', '2')];
  const table = tableOf(first);
  const found = table.find('a');
  table.remove(first);
  table.add(second);
  assert.not(table.isCurrent(found));
  assert.equal(
    table.find('a').plain.map(({ subscriber }) => subscriber),
    [second],
  );
});

routes('it forgets all subjects when they are too many', () => {
  const table = tableOf(subscriber('>', '1'));
  const first = table.find('reply.0');
  for (let n = 1; n < REMEMBERED - 1; n++) table.find(`reply.${n}`);
  assert.is(table.find('reply.0'), first);
  const last = table.find('last');
  assert.is.not(table.find('reply.0'), first, 'one too many');
  assert.ok(table.isCurrent(first), 'nothing else is wrong with it');
  assert.is.not(table.find('last'), last);
  const again = table.find('reply.0');
  assert.is(table.find('reply.0'), again, 'the table begins anew');
});

routes('it begins a queue group at any of its members', () => {
  const members = ['1', '2', '3'].map((sid) => subscriber('a', sid, 'q'));
  const table = tableOf(...members);
  const begun = new Set<number | undefined>();
  // Each change of the table makes it choose again.
  for (let round = 0; round < 200; round++) {
    const other = subscriber('other', '4');
    table.add(other);
    begun.add(table.find('a').groups[0]?.last);
    table.remove(other);
  }
  assert.equal([...begun].sort(), [0, 1, 2]);
});

routes.run();
