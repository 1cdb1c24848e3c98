/** Sends every message back, without the framework: the other end of the raw round trip. */

import { connect } from 'nats';

const [url = '', subject = '', reply = ''] = process.argv.slice(2);
const connection = await connect({ servers: url });
connection.subscribe(subject, {
  callback: (_error, message) => connection.publish(message.reply || reply, message.data.slice()),
});
await connection.flush();
process.once('disconnect', () => void connection.close());
process.send?.('ready');
