/** Whom credentials admit, and with which rights. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Applicant } from '../../../src/broker/admission/applicant.js';
import { ByCredentials } from '../../../src/broker/admission/by-credentials.js';
import { BEFORE_CONNECT, type ClientLogin } from '../../../src/broker/admission/client-login.js';
import { GuestRights } from '../../../src/broker/admission/guests.js';
import { EVERYTHING } from '../../../src/broker/admission/rights.js';

const GUESTS = { ownerToken: 'owner', mayPublish: [], mayHear: [] };
const somebody = {} as Applicant;
const login = (authToken: string): ClientLogin => ({ ...BEFORE_CONNECT, authToken });

const credentials = suite('admission by credentials');

credentials('without an owner, who is admitted may do everything', () => {
  const open = new ByCredentials({}, undefined);
  assert.equal([open.asksForCredentials, open.rightsBefore], [false, EVERYTHING]);
  assert.is(open.admit(somebody, login('')), EVERYTHING);
  assert.not(open.isOwner(login('')));
  const closed = new ByCredentials({ token: 'right' }, undefined);
  assert.ok(closed.asksForCredentials);
  assert.equal(
    ['right', 'wrong'].map((token) => closed.admit(somebody, login(token))),
    [EVERYTHING, undefined],
  );
});

credentials('with an owner, everybody else is a guest, also before a CONNECT', () => {
  const admission = new ByCredentials({}, GUESTS);
  assert.not(admission.asksForCredentials);
  assert.instance(admission.rightsBefore, GuestRights);
  assert.is(admission.admit(somebody, login('any')), admission.rightsBefore);
  assert.equal(
    ['owner', 'any'].map((token) => admission.isOwner(login(token))),
    [true, false],
  );
});

credentials.run();
