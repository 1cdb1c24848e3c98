/** Which phrases `npm run check` finds, where, and which it leaves alone. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProseKind } from '../../tools/plain-words.js';
import { findWords } from '../../tools/words.js';

const words = suite('words that the check finds');

const phrases = (kind: ProseKind, text: string): string[] =>
  findWords(kind, text).map(({ line, phrase }) => `${line}: ${phrase}`);

const found = (kind: ProseKind, text: string): number[] => findWords(kind, text).map(({ line }) => line);

const SLOW = [
  'It runs 500 tasks a second.',
  'One look a slave; 5 µs a task, which is much.',
  'Who is not asked about joins.',
  'A flood slows the master: who floods it waits, and who is quick wins.',
  'It is for who writes an overseer.',
  'Whoever has the token can join.',
  'Some travel. What cannot travel is refused.',
  'What of the bookkeeping hangs on a fate.',
  'It waits so many seconds.',
  'It takes 5 seconds at the most.',
  'What shall happen to a task?',
  'It says so by and by.',
  'The line is none of ours.',
  'It is no flag of ours.',
  'The folder cannot be had.',
  'A run that came to nothing counts.',
  'The value stands behind its flag.',
  'It runs tasks without a sid besides.',
  'It copies them, lest they change.',
  'Runs, and such as may have begun.',
  'That is to say, it waits.',
  'It tries for ever.',
  'A fault was mended.',
  'It begins anew.',
  'The trail tells of each task.',
  'A file that is no certificate is refused.',
  'It is right all the same.',
  'All of them but for the first are kept.',
];

const PLAIN = [
  'It runs 500 tasks per second, and waits a second after each.',
  'Which slave is it? Who is asked? What happens then?',
  'The trail says who joined, and what each slave was given.',
  'It says what is wrong and what to type next.',
  'Once a process has ended, so many tasks wait that it takes long.',
  'The task runs a second time. It gives a second chance to a slave.',
  'At most 5 seconds, so many that it fails.',
  'It needs no more than 5 MB. There is none. None of them is lost.',
  'It stands behind a proxy server in the network.'.replace('stands', 'is'),
  'There is no certificate. That is no longer true.',
  'Blend, amend and recommend; a besieged shallow shell.',
];

for (const text of SLOW)
  words(`a document should not say: ${text}`, () => assert.is(found('document', text).length > 0, true));

for (const text of PLAIN)
  words(`a document may say: ${text}`, () => assert.equal(phrases('document', text), []));

words('a phrase may go on in the next line, and is told with its first line and the words after it', () => {
  assert.equal(phrases('document', 'One\ntwo at the\nmost 5 s.'), ['2: at the most 5 s']);
  assert.equal(phrases('comment', '/**\n * At the\n * most five of them.\n */'), [
    '2: At the most five of them',
  ]);
  assert.equal(phrases('comment', '// It is at the\n  // most five.'), ['1: at the most five']);
});

words('a phrase does not go from one paragraph, cell or item into the next', () => {
  for (const text of [
    'no file at\n\nthe most',
    '| at the | most |',
    '- at the\n- most',
    '/** At the */ x; /** most */',
  ]) {
    assert.equal(phrases(text.startsWith('/') ? 'comment' : 'document', text), []);
  }
});

words('code in documents is not prose', () => {
  const text = 'A `shall` flag, a [link](shall.md).\n\n```ts\n// shall\n```\n\n    shall\n\nIt shall.\n';
  assert.equal(found('document', text), [9]);
});

words('headings may ask who and what', () => {
  assert.equal(phrases('document', '# Who is trusted\n\n## What is checked\n'), []);
});

words('of source, comments and texts are looked at each for itself, and code not at all', () => {
  const source = [
    "import { shall } from './shall/shall.js'; // It shall be 1.",
    "const shallow = shall('It shall be 2.');",
    'const pattern = /it shall be "3/; /* It shall be 3. */',
    `const text = \`It shall be \${shall(\`and shall \${a / b} be\`)} so /* it shall */\`;`,
    'const quotient = a / b; // a / b shall',
    "const quoted = 'it\\'s \\\\'; // shall",
    '/** `shall` is code. */',
  ].join('\n');
  // The module's name is a text too, of one word each: no phrase, but a name to choose better.
  assert.equal(found('comment', source), [1, 3, 5, 6]);
  assert.equal(found('text', source), [1, 1, 2, 4, 4, 4]);
});

words('no sentence begins with a clause of what, wherever it begins', () => {
  for (const text of [
    '/** What a slave holds. */',
    '/**\n * What a slave holds. */',
    '/** It is kept. What a slave holds goes. */',
    '/**\n * It is kept.\n *\n * What a slave holds goes.\n */',
    '/**\n * Kept:\n * - what a slave holds\n */',
    'const held = []; // What a slave holds',
    "'text'; // It is kept.\n  // What a slave holds goes.",
  ])
    assert.is(found('comment', text).length, 1, text);
  for (const text of [
    'What a slave holds.',
    '# Slaves\n\nWhat they hold.',
    'It is kept.\n\nWhat a slave holds goes.',
    '- `kept`\n- **What** a slave holds',
    '1. what a slave holds',
    '| kept | what a slave holds |',
  ])
    assert.is(found('document', text).length, 1, text);
});

words('what may ask, head a column, and go on after a colon or in the next line', () => {
  for (const text of [
    '/** What does a slave hold? */',
    '/** What if it holds nothing? What for? */',
    '/** One slave: what it holds; what it gives back. */',
    '// It is known\n// what a slave holds',
  ])
    assert.equal(phrases('comment', text), []);
  assert.equal(phrases('document', '| what | count |\n| --- | --- |\n| What is it? | 1 |'), []);
  assert.equal(phrases('text', "columns: ['what', 'count']"), []);
});

words.run();
