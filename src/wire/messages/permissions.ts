/** The subjects that each role needs, and no others: the rights of users in a nats-server. */

import { encodeToken } from './subjects.js';

export interface SubjectPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * A slave says hello, answers its master and hears it, all under its own user. It needs neither `_INBOX` nor
 * permission to respond: messages contain no reply subjects.
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
 * A master hears all slaves and speaks to them. As a slave it may speak only under its own user, for its
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
