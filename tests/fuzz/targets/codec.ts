/**
 * Bodies with values in them, as they come from the other side: each door refuses one with a FormatError or
 * gives a value, and a value that came in goes out and in again as the same.
 */
import { EncodeError, FormatError } from '../../../src/errors.js';
import { decodeBody, encodeBody, RawReader } from '../../../src/wire/messages/body.js';
import { parseResults, parseTasks } from '../../../src/wire/messages/entries.js';
import { decodeValue, encodeValue } from '../../../src/wire/values/codec.js';
import { decodeError, encodeError } from '../../../src/wire/values/remote-error.js';
import { resultEntryText, resultsText } from '../../wire/messages/entry-texts.js';
import { Random, randomValue } from '../../wire/values/random-value.js';
import { type FuzzTarget, wayOf } from '../driver.js';

/** A body whose text is `[json]`, `[json,meta]` or `[json,meta,lengths]`. */
function bodyOf(text: string, raws: readonly Uint8Array[] = []): Uint8Array {
  return encodeBody(`[${text}]`, raws);
}

const META = encodeValue(undefined).text.replace(/^[^,]*,/, '');

/** A value in tagged form. */
function tagged(form: string, lengths?: readonly number[], raws: readonly Uint8Array[] = []): Uint8Array {
  const text = typeof lengths === 'object' ? `${form},${META},[${lengths.join()}]` : `${form},${META}`;
  return bodyOf(text, raws);
}

function generate(random: Random): Uint8Array {
  const value = randomValue(random, 'all');
  if (random.below(4) === 0) {
    const { text, raws } = encodeError(value);
    return encodeBody(resultsText(1, true, [resultEntryText(1, 1, 1, 5, text)]), raws);
  }
  const { text, raws } = encodeValue(value);
  return bodyOf(text, raws);
}

function* doors(input: Buffer): Iterable<() => string> {
  yield () => {
    const { ordered, traces } = parseTasks(decodeBody(input).value);
    return `${ordered}${traces === undefined ? '' : ' traced'}`;
  };
  yield () => {
    const { value, raw } = decodeBody(input);
    const reader = new RawReader(raw);
    for (const [, , , , json, meta, lengths] of parseResults(value).results) {
      decodeError(json, meta, reader.take(lengths));
    }
    return 'results';
  };
  yield () => {
    const { value, raw } = decodeBody(input);
    if (!Array.isArray(value)) return 'no entry';
    const [json, meta, lengths] = value as [unknown, unknown, number[] | undefined];
    return comeAgain(decodeValue(json, meta, new RawReader(raw).take(lengths)));
  };
}

/** A value that could be read can be sent on, unless it says why not. */
function comeAgain(value: unknown): string {
  let encoded: ReturnType<typeof encodeValue>;
  try {
    encoded = encodeValue(value);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    return `in but not out: ${wayOf(error)}`;
  }
  const { text, raws } = encoded;
  const [json, meta] = JSON.parse(`[${text}]`) as unknown[];
  const again = encodeValue(decodeValue(json, meta, raws));
  const same = again.raws.every((raw, index) => Buffer.compare(raw, raws[index] as Uint8Array) === 0);
  if (again.text !== text || !same) throw new Error(`a value came again as another: ${again.text}`);
  return meta === undefined ? 'plain' : `with ${[...new Set(JSON.stringify(meta).match(/[a-z]+/g))].sort()}`;
}

export const codecTarget: FuzzTarget = {
  name: 'codec',
  seeds: () => [
    bodyOf('{"a":[1,"x",null]}'),
    ...['"~d0.0"', '{"~s":[1,2]}', '{"~m":["k","~i7"]}', '{"~h":[9,{"3":1}]}', '{"~a":[[1],{"b":"~u"}]}'].map(
      (form) => tagged(form),
    ),
    ...['[{},"~r1"]', '{"~w":[null,1]}', '{"~x":["a","g",1]}', '{"~o":{"a":1}}', '"~lhttp://a/"'].map(
      (form) => tagged(form),
    ),
    ...['{"~e":{"name":"E","message":"~~m","cause":"~nNaN","fields":{"~~a":1}}}', '"~h-ff"'].map((form) =>
      tagged(form),
    ),
    tagged('"~bFloat64Array"', [8], [new Uint8Array(8)]),
    tagged('{"~f":["f","() => { globalThis.hacked = 1 }"]}'),
    tagged(
      '{"~f":["f","() => x","~"]}'.replace('"~"', '{"x":{"~f":["g","globalThis.hacked = 1"]},"f":"~r0"}'),
    ),
    encodeBody('[1,[[1,1,0,["x"],0]],[[0,50]],1]', []),
    encodeBody(
      `[1,[[1,1,0,[]]],[],0,[[],[]],[[["00-${'a'.repeat(32)}-${'b'.repeat(16)}-01","v=1",1]],[[0,0]]]]`,
      [],
    ),
    encodeBody('[1,0,[[1,1,0,5,[1]],[2,1,1,5,{"name":"E","message":"m","fields":{}}]]]', []),
    ...Array.from({ length: 20 }, (_, seed) => generate(new Random(seed + 1))),
  ],
  dictionary: [
    ...[
      '"__proto__"',
      '"constructor"',
      '"prototype"',
      '__proto__.x',
      'constructor.prototype.x',
      '~__proto__',
    ],
    ...[
      '"~m"',
      '"~s"',
      '"~x"',
      '"~e"',
      '"~o"',
      '"~h"',
      '"~a"',
      '"~f"',
      '"~w"',
      '"~"',
      '"~~"',
      '{"~a":[',
      '{"~m":[',
    ],
    ...[
      '"~u"',
      '"~nNaN"',
      '"~n-0"',
      '"~i1"',
      '"~hff"',
      '"~d0"',
      '"~lfile:a"',
      '"~r0"',
      '"~r1"',
      '"~bBuffer"',
    ],
    ...[
      '["custom","tagged"]',
      '["custom","x"]',
      '"values"',
      '"referentialEqualities"',
      '"v":1',
      '"toString"',
    ],
    ...['"toJSON"', '"then"', '"length"', '"cause"', '"fields"', '"name"', '"message"', '"kind"', '"stack"'],
    ...['hasOwnProperty.call', 'toString', '0.0', '1.0.1', '\\\\.', '"0"', ',', '[', ']', '{', '}', ':'],
    ...['[[[[[[[[', ']]]]]]]]', '{"a":{"a":{"a":', '\\ud800', '\xff\xfe', '\xc0\x80', 'null', 'true'],
  ],
  generate,
  run(input) {
    const ways: string[] = [];
    for (const door of doors(input)) {
      try {
        ways.push(door());
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        ways.push(wayOf(error));
      }
    }
    if ('hacked' in globalThis) throw new Error('the source of a stranger ran when it was read');
    return ways.join('; ');
  },
};
