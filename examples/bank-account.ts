/**
 * Actors: accounts live in the memory of ordered slaves, and survive the death of one.
 *
 *     node dist/examples/bank-account.js --master --slaves 2 --transfers 1000 --kill-after 300
 *
 * An ordered slave is an actor: its state is its own, and orders reach it one after another. A branch of
 * the bank is one such slave. The master keeps a book of the orders that were answered. When a branch
 * dies, it opens it again from the book, on the next ordered slave, and repeats the orders that were not
 * answered. Work that a dead branch did without answering died with it, so each order counts once.
 */
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import {
  defineAlgorithm,
  defineMaster,
  initialize,
  type MasterHandle,
  type SlaveId,
  slaveLocal,
} from 'ts-mw';
import { readOptions, wholeNumber } from './read-options.js';

const BRANCHES = 2;
const ACCOUNTS = 10;
const OPENING_BALANCE = 200;
/** Transfers under way at a time. */
const AT_ONCE = 50;

type Balances = Map<number, number>;

const accounts = slaveLocal<Balances>(() => new Map());

const open = defineAlgorithm('open', (balances: Balances) => {
  accounts.value = balances;
  return { host: hostname(), pid: process.pid };
});

/** Adds to a balance, or takes from it; false, and nothing done, if it does not suffice. */
const book = defineAlgorithm('book', (account: number, amount: number) => {
  const balance = accounts.value.get(account);
  if (balance === undefined) throw new RangeError(`there is no account ${account} here`);
  if (balance + amount < 0) return false;
  accounts.value.set(account, balance + amount);
  return true;
});

const count = defineAlgorithm('count', () => accounts.value);

/** One half of a transfer; the tag of its task. */
interface Order {
  readonly account: number;
  readonly amount: number;
  /** Where the money goes once it is withdrawn; undefined in the second half. */
  readonly to: number | undefined;
}

class Branch {
  /** What the master knows to be done: the book. */
  readonly balances: Balances = new Map();
  sid: SlaveId | undefined;
  /** The process of that slave, once it has answered. */
  process: { readonly host: string; readonly pid: number } | undefined;
  /** Orders that wait for a slave. */
  #waiting: Order[] = [];

  constructor(readonly name: string) {}

  openOn(sid: SlaveId): void {
    this.sid = sid;
    open.withTaskPolicy({ sid, tag: this })(this.balances);
    const orders = this.#waiting;
    this.#waiting = [];
    for (const order of orders) this.give(order);
  }

  close(): void {
    this.sid = undefined;
    this.process = undefined;
  }

  /** With a sid, and not to be done anywhere else: when that slave is lost, the task is unrunnable. */
  give(order: Order): void {
    if (this.sid === undefined) this.#waiting.push(order);
    else book.withTaskPolicy({ sid: this.sid, tag: order })(order.account, order.amount);
  }
}

class Bank {
  readonly branches = Array.from({ length: BRANCHES }, (_, i) => new Branch(`branch ${i}`));
  begun = 0;
  made = 0;
  refused = 0;
  givenAgain = 0;

  constructor() {
    for (let account = 0; account < ACCOUNTS; account++) {
      this.#branchOf(account).balances.set(account, OPENING_BALANCE);
    }
  }

  get finished(): number {
    return this.made + this.refused;
  }

  /** A transfer is two orders: the second is given when the first was done. */
  beginTransfer(): void {
    const number = this.begun++;
    const [from, to] = [(number * 7) % ACCOUNTS, (number * 3 + 1) % ACCOUNTS];
    this.give({ account: from, amount: -(1 + (number % 97)), to });
  }

  give(order: Order): void {
    this.#branchOf(order.account).give(order);
  }

  /** An order was answered: `done` or refused. */
  note({ account, amount, to }: Order, done: boolean): void {
    if (!done) {
      this.refused++;
      return;
    }
    const { balances } = this.#branchOf(account);
    balances.set(account, (balances.get(account) ?? 0) + amount);
    if (to === undefined) this.made++;
    else this.give({ account: to, amount: -amount, to: undefined });
  }

  #branchOf(account: number): Branch {
    return this.branches[account % BRANCHES] as Branch;
  }
}

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Moves money between accounts that live on ordered slaves', {
    transfers: wholeNumber(1_000, 'How many'),
    'kill-after': wholeNumber(300, 'Transfers after which a slave is killed; 0 for none', 0),
  });
  if (options === undefined) return 0;
  const { transfers, 'kill-after': killAfter } = options;

  const bank = new Bank();
  let killed = killAfter === 0;
  master.allocateSlaves({ amount: BRANCHES, kind: 'ordered' });
  while (bank.finished < transfers) {
    while (bank.begun < transfers && bank.begun - bank.finished < AT_ONCE) bank.beginTransfer();
    await master.masterLoop();
    // All answers first: the book must be complete when a branch opens again.
    takeAnswers(master, bank);
    takeLosses(master, bank);
    if (!killed && bank.finished >= killAfter) killed = killOneOf(bank.branches);
  }
  console.log(`${transfers} transfers: ${bank.made} made, ${bank.refused} refused`);
  if (bank.givenAgain > 0) console.log(`${bank.givenAgain} orders had to be given again`);
  return (await isInOrder(bank)) ? 0 : 1;
});

await initialize();

function takeAnswers(master: MasterHandle, bank: Bank): void {
  for (const result of master.getResults(open)) {
    if (result.status === 'error') throw result.error;
    const branch = result.tag as Branch;
    if (branch.sid === result.sid) branch.process = result.packet;
  }
  for (const result of master.getResults(book)) {
    if (result.status === 'error') throw result.error;
    bank.note(result.tag as Order, result.packet);
  }
}

function takeLosses(master: MasterHandle, bank: Bank): void {
  const gone = new Set(master.getDisconnectedOrderedSlaves().map(({ sid }) => sid));
  for (const branch of bank.branches) {
    if (branch.sid === undefined || !gone.has(branch.sid)) continue;
    console.log(`${branch.name} is lost with ${branch.sid}`);
    branch.close();
  }
  for (const { tag } of master.getUnrunnableTasks(book)) {
    bank.give(tag as Order);
    bank.givenAgain++;
  }
  // A branch whose opening was lost is opened again, like any other.
  master.getUnrunnableTasks(open);
  for (const { sid } of master.getConnectedOrderedSlaves()) {
    const branch = bank.branches.find((branch) => branch.sid === undefined);
    // A slave may have come and gone since the last look.
    if (branch === undefined || gone.has(sid)) continue;
    branch.openOn(sid);
    console.log(`${branch.name} opens on ${sid}`);
  }
}

/** As `kill -9`; false while no branch is known to live on this machine. */
function killOneOf(branches: readonly Branch[]): boolean {
  for (const { name, sid, process: at } of branches) {
    if (at?.host !== hostname()) continue;
    console.log(`kill -9 of ${sid}, where ${name} lives`);
    process.kill(at.pid, 'SIGKILL');
    return true;
  }
  return false;
}

/** Asks every branch for its accounts, and compares them with the book. */
async function isInOrder({ branches }: Bank): Promise<boolean> {
  const counted = await Promise.all(branches.map(({ sid }) => count.withTaskPolicy({ sid }).future()));
  const sum = counted.flatMap((balances) => [...balances.values()]).reduce((a, b) => a + b, 0);
  const expected = ACCOUNTS * OPENING_BALANCE;
  console.log(`there are ${sum} in the bank, and should be ${expected}`);
  const asBooked = branches.every(({ balances }, i) => isDeepStrictEqual(balances, counted[i]));
  console.log(`the branches and the book ${asBooked ? 'agree' : 'do not agree'} on every account`);
  return sum === expected && asBooked;
}
