/** Requests about profiles: to order one, for its tree, and for its file. */

import type { IncomingMessage } from 'node:http';

/** Why a profile was not ordered. */
export interface OrderRefusal {
  readonly status: 404 | 409;
  readonly reason: string;
}

export interface ProfileRequests {
  /** Undefined if it is under way. */
  order(
    wish: { readonly process: string; readonly seconds: number },
    address: string,
  ): OrderRefusal | undefined;
  /** As JSON; undefined if there is none of this id. */
  tree(id: number): string | undefined;
  file(id: number): Promise<{ readonly name: string; readonly text: Buffer } | undefined>;
}

/** An answer over HTTP. */
export interface ProfileReply {
  readonly status: number;
  readonly text: string | Buffer;
  readonly isJson: boolean;
  /** Of a file to keep. */
  readonly fileName?: string | undefined;
}

const MOST_SECONDS = 30;

/** Answers an order whose sender was recognised. */
export function orderProfile(
  profiles: ProfileRequests,
  { socket }: IncomingMessage,
  body: unknown,
): ProfileReply {
  const wish = wishOf(body);
  if (wish === undefined) return refuse(400, EXPECTED);
  const refusal = profiles.order(wish, socket.remoteAddress ?? 'unknown');
  if (refusal !== undefined) return refuse(refusal.status, refusal.reason);
  return { status: 202, text: JSON.stringify(wish), isJson: true };
}

/** Answers for the tree of a profile, or for its file. */
export async function findProfile(
  profiles: ProfileRequests,
  path: '/api/profile' | '/api/profile/file',
  id: string,
): Promise<ProfileReply> {
  const number = /^\d{1,15}$/.test(id) ? Number(id) : Number.NaN;
  if (path === '/api/profile') {
    const tree = profiles.tree(number);
    return tree === undefined ? refuse(404, GONE) : { status: 200, text: tree, isJson: true };
  }
  const file = await profiles.file(number);
  if (file === undefined) return refuse(404, GONE);
  return { status: 200, text: file.text, isJson: true, fileName: file.name };
}

const EXPECTED = 'expected {"process":"SLAVE-1","seconds":5}, with a slave or "master", and 1 to 30 seconds';
const GONE = 'there is no such profile: the last four are kept';

function refuse(status: number, text: string): ProfileReply {
  return { status, text: `${text}\n`, isJson: false };
}

function wishOf(body: unknown): { readonly process: string; readonly seconds: number } | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { process, seconds } = body as Readonly<Record<string, unknown>>;
  if (typeof process !== 'string' || !/^(master|SLAVE-\d{1,15})$/.test(process)) return undefined;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return undefined;
  return seconds >= 1 && seconds <= MOST_SECONDS ? { process, seconds } : undefined;
}
