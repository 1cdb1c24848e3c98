/** An embedded broker that prints where it listens and what happens at its door, until its input ends. */
import { startBroker } from '../../src/broker/start-broker.js';

const broker = await startBroker({ host: '127.0.0.1', port: 0 });
broker.onEvent((event) => console.log(JSON.stringify(event)));
console.log(`listening ${broker.port}`);
process.stdin.resume().once('end', () => void broker.stop());
