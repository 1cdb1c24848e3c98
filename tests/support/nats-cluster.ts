/**
 * Several nats-servers that are one broker: the master is at the first, slaves at the others, which are
 * connected to it alone.
 */
import { freePort } from './free-port.js';
import { type NatsServer, startNatsServer } from './nats-server.js';

export type ClusterShape =
  /** Two servers that tell nobody of each other. */
  | 'pair'
  /** A hub, and a leaf node. */
  | 'leaf'
  /** Three servers; clients of one learn of the others. */
  | 'trio';

export interface NatsCluster {
  readonly shape: ClusterShape;
  /** Where the master is. */
  readonly first: NatsServer;
  /** Where slaves are. */
  readonly others: readonly NatsServer[];
  stop(): Promise<void>;
}

/** A lame duck sends its clients away from this moment on, one a second. */
const LAME_DUCK = ['lame_duck_grace_period: "1s"', 'lame_duck_duration: "30s"'];

/** `via` says by which port the others reach the first one's, such as that of a way which can be cut. */
export async function startNatsCluster(
  shape: ClusterShape,
  via: (port: number) => Promise<number> = async (port) => port,
): Promise<NatsCluster> {
  const inner = await freePort();
  const first = await startNatsServer({ more: [...LAME_DUCK, ...firstLines(shape, inner)] });
  const others: NatsServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([first, ...others].map((server) => server.stop()));
  };
  try {
    const target = await via(inner);
    for (let count = shape === 'trio' ? 2 : 1; count > 0; count--) {
      const own = await freePort();
      others.push(await startNatsServer({ more: [...LAME_DUCK, ...otherLines(shape, own, target)] }));
    }
    return { shape, first, others, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstLines(shape: ClusterShape, inner: number): string[] {
  if (shape === 'leaf') return [`leafnodes { host: "127.0.0.1", port: ${inner} }`];
  return [clusterLine(shape, inner, [])];
}

function otherLines(shape: ClusterShape, own: number, target: number): string[] {
  if (shape === 'leaf')
    return [`leafnodes { reconnect: 1, remotes: [ { url: "nats-leaf://127.0.0.1:${target}" } ] }`];
  return [clusterLine(shape, own, [target])];
}

function clusterLine(shape: ClusterShape, port: number, routes: readonly number[]): string {
  const urls = routes.map((route) => `"nats-route://127.0.0.1:${route}"`).join(', ');
  return `cluster { name: "test", host: "127.0.0.1", port: ${port}, no_advertise: ${shape === 'pair'}, routes: [${urls}] }`;
}
