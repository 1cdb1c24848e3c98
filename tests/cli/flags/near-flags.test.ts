/** Which arguments are taken for a flag of ours that was mistyped, and which words of programs are not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FLAG_ROWS } from '../../../src/cli/flags/flag-table.js';
import { nearestFlag } from '../../../src/cli/flags/near-flags.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';

const near = suite('near flags');

const MISTYPED: readonly (readonly [typed: string, meant: string])[] = [
  ['--slavez', '--slaves'],
  ['--salves', '--slaves'],
  ['--lsaves', '--slaves'],
  ['--slavess', '--slaves'],
  ['--slvaes', '--slaves'],
  ['--Slaves', '--slaves'],
  ['-slaves', '--slaves'],
  ['—slaves', '--slaves'],
  ['--client-timout', '--client-timeout'],
  ['--clienttimeout', '--client-timeout'],
  ['--clientTimeout', '--client-timeout'],
  ['--client_timeout', '--client-timeout'],
  ['--checkpiont', '--checkpoint'],
  ['--chekcpiont', '--checkpoint'],
  ['--check-point', '--checkpoint'],
  ['--mastre', '--master'],
  ['--MASTER', '--master'],
  ['--masterPort', '--master-port'],
  ['--master-prot', '--master-port'],
  ['--resource-fil', '--resource-file'],
  ['--resourcefile', '--resource-file'],
  ['--nats-ulr', '--nats-url'],
  ['--memberid', '--member-id'],
  ['--audit-flie', '--audit-file'],
  ['--hlep', '--help'],
  ['--rpel', '--repl'],
  ['--slave-concurency', '--slave-concurrency'],
];

for (const [typed, meant] of MISTYPED) {
  near(`${typed} is most likely ${meant}`, () => assert.is(nearestFlag(typed, true)?.name, meant));
}

near('of two that are as near, the one that takes a value if one follows', () => {
  assert.is(nearestFlag('--slavez', true)?.name, '--slaves');
  assert.is(nearestFlag('--slavze', false)?.name, '--slave');
});

/** Names that programs may give to flags of their own. */
const WORDS = `
  accuracy address algorithm all alpha api-key append args arch async auth author backend backup base batch
  batch-size baseline benchmark beta bind block body bound branch buffer build bytes cache capacity category
  chain check checks chunk clean clear client clients clone color colour column columns command commit compare
  compress concurrency config connect connection connections console copy cores cost count counter cpus create
  credentials csv cutoff cwd cycles data database date days db debug decay delay delete delimiter demo depth
  dest destination details device diff dimension dir directory domain dry-run dump duration echo edges edit
  email emit encoding end engine env epoch epochs epsilon error errors eval event every exact exclude exec exit
  export extension factor fast fetch field file files filter first fix flag folder follow force format freq from
  full function gamma generate global goal graph grid group groups hash head header headers heap height hidden
  hits hops host hostname hosts hour html http https id ignore image import in include index info init inner
  input insert inspect install instance interactive interval ip items iterations iters jobs join json keep key
  keys kind label labels lambda lang language last latency layers layout learning-rate left length level levels
  lib license limit limits line lines link list listen load local lock log log-file log-level loop loops lower
  machine map margin mask mass match matrix max max-depth max-size mean memory merge message messages meta
  method metric metrics min minutes mode model models module monitor moves mu mutate name names nats nested
  network no-cache no-color node nodes noise notify num number numbers offset once only op open optimize option
  options order out outdir outer output output-dir overwrite owner package page pages parallel param params
  parent parse part parts pass password path paths pattern pause percent period pid pipe plain plan play plot
  point points policy pool population port position power precision prefix preset pretty preview prime primes
  print priority process processes product profile progress project prompt property protocol proxy prune public
  push quality query queue quick quiet radius random range rate ratio raw read recursive refresh region release
  reload remote remove rename render rep repeat replace replay replicas reply repo report reps request reset
  resolution resource resources restart restore result results resume retries retry reverse right root rotate
  rounds rows rule run sample samples save scale scan schedule schema scope score script search secret section
  secure seed seeds select send separator sequence serial server servers service session set setup severity
  shape share shell shift show shuffle shutdown side sigma sign silent size sizes skip slack slice slices sleep
  slot slots slow socket sort source space spec speed split ssl ssl-ca ssl-cert ssl-key stack stage start state
  static stats status stdin step steps stop store stream strict string style sub suffix sum summary sync
  syntax system table tag tags target task tasks team temp temperature template terminal test tests text theme
  threads threshold time timeout times timestamp title tls to token tolerance top topic total trace track train
  transform tree trials trim type types unit until update upload url urls usage use user users validate value
  values var variable verbose verify version-check vertices view visible voters wait walk warm-up warn warnings
  watch weight weights width window words work worker workers world wrap write xml yaml year yes zone zoom
  raster faster caster masking secured client-id connect-string message-size
`;

near('words that programs use are not taken for ours', () => {
  const ours = new Set(FLAG_ROWS.map(({ name }) => name));
  const words = WORDS.trim().split(/\s+/);
  assert.ok(words.length > 500);
  const taken = words
    .map((word) => `--${word}`)
    .filter((flag) => !ours.has(flag))
    .flatMap((flag) => [true, false].map((hasValue) => [flag, nearestFlag(flag, hasValue)?.name]))
    .filter(([, meant]) => meant !== undefined);
  assert.equal(taken, []);
});

near('what is no word, or no flag, is never near one', () => {
  for (const typed of [
    '',
    '-',
    '--',
    '---',
    '-s',
    '--s',
    'slavez',
    '--slavez x',
    '-5',
    '--__proto__',
    '--=',
    'é',
  ]) {
    assert.is(nearestFlag(typed, true), undefined, typed);
  }
});

const warningsOf = (argv: readonly string[]): readonly string[] => {
  const command = parseFlags(argv, {}, { env: {}, program: 'app.js' });
  if (command.kind !== 'run') throw new Error(command.kind);
  assert.equal(command.configuration.warnings, command.configuration.mistyped);
  return command.configuration.warnings;
};

near('each is warned of once, still goes to the program, and is free behind --', () => {
  const told = '--slavez is not a flag of ts-mw and goes to the program; did you mean --slaves?';
  assert.equal(warningsOf(['--master', '--slavez', '4', '--slavez=5']), [told]);
  assert.equal(warningsOf(['--master', '--slavez=4', '--client-timout', '3']).length, 2);
  assert.equal(warningsOf(['--master', '--', '--slavez', '4']), []);
  assert.equal(warningsOf(['--master', '--html', 'x', '--output', 'y']), []);
  const many = Array.from({ length: 100 }, (_, index) => `--slaves-x${index}`);
  assert.equal(warningsOf(['--master', ...many]), []);
});

near.run();
