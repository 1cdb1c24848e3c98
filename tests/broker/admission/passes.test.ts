/** Passes: the clients that they admit, their rights, and the client that loses its connection to a newer one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Applicant } from '../../../src/broker/admission/applicant.js';
import { BEFORE_CONNECT, type ClientLogin } from '../../../src/broker/admission/client-login.js';
import { Passes } from '../../../src/broker/admission/passes.js';
import type { Rights } from '../../../src/broker/admission/rights.js';

const login = (authToken: string): ClientLogin => ({ ...BEFORE_CONNECT, authToken });

class Stage {
  readonly log: string[] = [];
  readonly passes = new Passes();

  add(name: string, onClosed: () => void = () => {}): void {
    this.passes.add(name, {
      mayPublish: `${name}.to`,
      mayHear: `${name}.from`,
      opened: () => this.log.push(`${name} opened`),
      closed: () => {
        this.log.push(`${name} closed`);
        onClosed();
      },
    });
  }

  /** Cut as a client is: it says so to its admission. */
  client(name: string): Applicant {
    const client: Applicant = {
      host: '',
      address: '',
      fail: () => assert.unreachable(),
      cut: (reason) => {
        this.log.push(`${name} cut: ${reason}`);
        this.passes.closed(client);
      },
    };
    return client;
  }

  admit(client: Applicant, secret: string): Rights {
    const rights = this.passes.admit(client, login(secret));
    if (rights === undefined) throw new Error('refused');
    return rights;
  }
}

const passes = suite('broker passes');

passes('only who presents the secret is admitted, and nobody owns anything', () => {
  const stage = new Stage();
  stage.add('a');
  assert.ok(stage.passes.asksForCredentials);
  for (const wrong of ['', 'A', 'a ', 'aa', 'undefined']) {
    assert.is(stage.passes.admit(stage.client('x'), login(wrong)), undefined, wrong);
  }
  assert.not(stage.passes.isOwner());
  stage.admit(stage.client('x'), 'a');
  assert.is(stage.passes.size, 1);
});

passes('a client may say and hear the two subjects of its pass', () => {
  const stage = new Stage();
  stage.add('a');
  stage.add('b');
  const rights = stage.admit(stage.client('x'), 'a');
  assert.is(rights.refusePublish('a.to'), undefined);
  assert.is(rights.refuseSubscription('a.from', undefined, 3), undefined);
  assert.is(rights.refuseSubscription('a.from', undefined, 4), 'maximum subscriptions exceeded');
  for (const other of ['a.from', 'b.to', 'b.from', 'a.*', '*.to', '>', '_INBOX.x', '$SYS.x', 'a', '']) {
    assert.match(rights.refusePublish(other) ?? '', /^Permissions Violation for Publish to "/, other);
  }
  for (const other of ['a.to', 'b.from', 'b.to', 'a.*', '*.from', '>', '_INBOX.x', '$SYS.>', 'a', '']) {
    assert.match(
      rights.refuseSubscription(other, undefined, 0) ?? '',
      /^Permissions Violation for Sub/,
      other,
    );
  }
  assert.match(rights.refuseSubscription('a.to', 'q', 0) ?? '', /using queue "q"$/);
});

passes('it is open from the first subscription to the last, or the end of the connection', () => {
  const stage = new Stage();
  stage.add('a');
  const client = stage.client('x');
  const rights = stage.admit(client, 'a');
  assert.equal(stage.log, []);
  rights.subscribed?.();
  rights.subscribed?.();
  assert.equal(stage.log.splice(0), ['a opened']);
  rights.unsubscribed?.();
  assert.equal(stage.log, []);
  rights.unsubscribed?.();
  rights.subscribed?.();
  assert.equal(stage.log.splice(0), ['a closed', 'a opened']);
  stage.passes.closed(client);
  stage.passes.closed(client);
  assert.equal(stage.log.splice(0), ['a closed']);
  const second = stage.client('y');
  stage.admit(second, 'a');
  stage.passes.closed(second);
  assert.equal(stage.log, [], 'it was not open');
});

passes('a newer connection cuts the older one; the same one may ask again', () => {
  const stage = new Stage();
  stage.add('a');
  const [older, newer] = [stage.client('older'), stage.client('newer')];
  const rights = stage.admit(older, 'a');
  rights.subscribed?.();
  assert.is(stage.admit(older, 'a'), rights);
  stage.log.length = 0;
  stage.admit(newer, 'a').subscribed?.();
  assert.equal(stage.log.splice(0), ['older cut: Pass Used Again', 'a closed', 'a opened']);
  stage.passes.closed(older);
  assert.equal(stage.log, []);
});

passes('a client with one pass does not get a second one, and its own stays', () => {
  const stage = new Stage();
  stage.add('a');
  stage.add('b');
  const client = stage.client('x');
  stage.admit(client, 'a');
  assert.is(stage.passes.admit(client, login('b')), undefined);
  stage.admit(stage.client('y'), 'b');
  assert.equal(stage.log, []);
});

passes('a revoked pass cuts its client, and admits nobody', () => {
  const stage = new Stage();
  stage.add('a');
  stage.admit(stage.client('x'), 'a').subscribed?.();
  stage.log.length = 0;
  stage.passes.revoke('a');
  stage.passes.revoke('a');
  assert.equal(stage.log, ['x cut: Pass Revoked', 'a closed']);
  assert.equal([stage.passes.size, stage.passes.admit(stage.client('y'), login('a'))], [0, undefined]);
});

passes('a pass that is revoked while its older connection is cut does not admit the newer one', () => {
  const stage = new Stage();
  stage.add('a', () => stage.passes.revoke('a'));
  stage.admit(stage.client('older'), 'a').subscribed?.();
  assert.is(stage.passes.admit(stage.client('newer'), login('a')), undefined);
});

passes.run();
