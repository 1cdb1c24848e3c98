import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson } from '../../src/audit/format/json-format.js';
import { parseText } from '../../src/audit/format/text-format.js';
import { killLine, killNotice } from '../../src/slave/kill-line.js';

const line = suite('kill line');

const event = { type: 'killed-by-sentinel', reason: 'refused for 15.0 s' };
const fill = (template: string): string =>
  template
    .replace('{localTime}', '11/04/2010 21:43:59')
    .replace('{isoTime}', '2010-11-04T21:43:59.000Z')
    .replace('{evidence}', 'refused for 15.0 s');

line('it is a line of a text trail once filled in', () => {
  assert.equal(parseText(fill(killLine('text')))?.event, event);
});

line('it is a line of a JSON trail once filled in', () => {
  assert.equal(parseJson(fill(killLine('json')))?.event, event);
});

line('beside it there is a notice', () => {
  assert.is(killNotice(), 'mw {clock} ends at once, with exit status 137: {evidence}');
});

line.run();
