/** Reads a farm file: the machines of a farm, in YAML or JSON. */

import { open } from 'node:fs/promises';
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { FormatError } from '../../errors.js';
import { findFault } from './check-machine.js';
import { type Machine, nameOf } from './machine.js';

/** Descriptions of a thousand machines are smaller. */
const MOST_BYTES = 1024 * 1024;
const EXAMPLE = 'write a list of machines, such as - local: true';

/** Throws FormatError that begins with the place, as `farm.yaml:3:5:`, and errors of the file system. */
export async function readFarmFile(path: string): Promise<Machine[]> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(MOST_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > MOST_BYTES) throw new FormatError(`${path}: a farm file has at most ${MOST_BYTES} bytes`);
    return parseFarmFile(buffer.toString('utf8', 0, length), path);
  } finally {
    await handle.close();
  }
}

/** `path` is for messages. */
export function parseFarmFile(text: string, path: string): Machine[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const wrong = (offset: number | undefined, message: string): FormatError => {
    const { line, col } = lines.linePos(offset ?? 0);
    return new FormatError(`${path}:${line}:${col}: ${message}`);
  };
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS') {
    throw wrong(
      error.pos[0],
      'a second document begins here; leave out this line, and write one list of machines',
    );
  }
  if (error !== undefined) throw wrong(error.pos[0], firstLine(error.message));
  const { contents } = document;
  const list = isMap(contents) ? listOf(contents, wrong) : contents;
  if (!isSeq(list)) throw wrong(placeOf(list), `expected a list, got ${kindOf(list)}; ${EXAMPLE}`);
  if (list.items.length === 0)
    throw wrong(placeOf(list), `expected at least one machine, got none; ${EXAMPLE}`);
  const names = new Set<string>();
  return list.items.map((item) => {
    const node = item as ParsedNode;
    const machine: unknown = node.toJS(document, { maxAliasCount: 100 });
    const fault = findFault(machine, 'file');
    if (fault !== undefined) {
      const { path: fields } = fault;
      const what = fields.length === 0 ? '' : `${fields.join('.')}: `;
      throw wrong(placeIn(node, fields), what + fault.text);
    }
    const name = nameOf(machine as Machine);
    if (names.has(name)) {
      const text = `there is a machine ${JSON.stringify(name)} above; give this one another name: name: ${name}-2`;
      throw wrong(placeIn(node, ['name']), text);
    }
    names.add(name);
    return machine as Machine;
  });
}

/** `{ machines: […] }` is a list with a name. */
function listOf(
  map: YAMLMap.Parsed,
  wrong: (offset: number | undefined, message: string) => FormatError,
): unknown {
  for (const { key } of map.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (name === 'machines') continue;
    throw wrong(
      placeOf(key),
      `there is no field ${JSON.stringify(name)} here; write machines: and a list below it`,
    );
  }
  return map.get('machines', true);
}

/** The place of a field, or of the nearest that there is around it. */
function placeIn(node: ParsedNode, fields: readonly string[]): number | undefined {
  let place = placeOf(node);
  let inner: unknown = node;
  for (const field of fields) {
    if (!isMap(inner)) break;
    const pair = inner.items.find(({ key }) => isScalar(key) && String(key.value) === field);
    if (pair === undefined) break;
    place = placeOf(pair.key);
    inner = pair.value;
  }
  return place;
}

function placeOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function kindOf(node: unknown): string {
  if (node === null || node === undefined || (isScalar(node) && node.value === null)) return 'nothing';
  return isMap(node) ? 'an object' : isScalar(node) ? JSON.stringify(node.value) : 'something else';
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
