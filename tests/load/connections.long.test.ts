/** Many connections on the embedded broker, which all come in the same moment. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureConnections } from '../../bench/load/connections.js';

const test = suite('connections');

test('two hundred at once lose no message, and no slave', async () => {
  for (const { what, failures } of await measureConnections({ connections: 200 }))
    assert.equal(failures, [], what);
});

test.run();
