/** Hands a message to the subscribers of its subject: to all of `plain`, and to one of each group. */
import type { Publisher, Subscription } from './participant.js';
import type { PublishedMessage } from './protocol/parsed-commands.js';
import type { QueueGroup, Route, RouteSet } from './routing/routes.js';

/** Whether anybody got it. */
export function deliverToAll(
  from: Publisher,
  { plain, groups }: RouteSet<Subscription>,
  message: PublishedMessage,
): boolean {
  let reached = false;
  for (const route of plain) if (deliver(from, route, message)) reached = true;
  for (const group of groups) if (deliverToOne(from, group, message)) reached = true;
  return reached;
}

/** Whether this subscriber would get a message of this publisher. */
export function isReachable(from: Publisher, { subscriber: { client } }: Route<Subscription>): boolean {
  return !client.isClosed && (client !== from || from.echo);
}

function deliverToOne(from: Publisher, group: QueueGroup<Subscription>, message: PublishedMessage): boolean {
  const { routes } = group;
  for (let tries = 0; tries < routes.length; tries++) {
    group.last = group.last + 1 < routes.length ? group.last + 1 : 0;
    if (deliver(from, routes[group.last] as Route<Subscription>, message)) return true;
  }
  return false;
}

function deliver(from: Publisher, route: Route<Subscription>, message: PublishedMessage): boolean {
  if (!isReachable(from, route)) return false;
  const { subscriber } = route;
  const { client } = subscriber;
  subscriber.delivered++;
  client.deliver(route, message, from);
  if (subscriber.delivered === subscriber.max) client.endSubscription(subscriber);
  return true;
}
