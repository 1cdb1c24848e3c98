/** The subjects that each role needs and no other: what a nats-server is told to confine users to. */

import { encodeToken } from './subjects.js';

export interface SubjectPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * A slave says hello, answers its master and hears it, all under its own user. Neither `_INBOX` nor leave
 * to respond is needed: where to answer stands in no message.
 */
export function slavePermissions(memberId: string, user: string): SubjectPermissions {
  const member = `mw.${encodeToken(memberId)}`;
  const own = encodeToken(user);
  return {
    publish: [`${member}.hello.${own}.*`, `${member}.m.${own}.*`, `${member}.m.${own}.*.control`],
    subscribe: [`${member}.s.${own}.*`, `${member}.s.${own}.*.control`],
  };
}

/**
 * A master hears all slaves and speaks to them. As a slave it may speak under its own user only, for its
 * local slaves, which have its credentials, and to ask whether another master is there.
 */
export function masterPermissions(memberId: string, user: string): SubjectPermissions {
  const member = `mw.${encodeToken(memberId)}`;
  const own = slavePermissions(memberId, user);
  return {
    publish: [`${member}.s.*.*`, `${member}.s.*.*.control`, ...own.publish],
    subscribe: [`${member}.hello.*.*`, `${member}.m.*.*`, `${member}.m.*.*.control`, ...own.subscribe],
  };
}
