/**
 * Actors: the branches of a bank live in the memory of slaves, and survive the death of one.
 *
 *     node dist/examples/bank-account.js --master --slaves 2 --transfers 1000 --kill-after 300
 *
 * A branch is an actor: its accounts are its own, and orders reach it one after another. The master keeps a book of the
 * orders that were answered. When a branch dies, the orders that were not answered reject; then the master opens the
 * branch again from the book, on the next slave that is free, and repeats them. Work that a dead branch did without
 * answering died with it, so each order counts once.
 */
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import {
  type Actor,
  defineActor,
  defineMaster,
  initialize,
  parallel,
  type SlaveId,
  taskContext,
  UnrunnableError,
} from 'ts-mw';
import { readOptions, wholeNumber } from './read-options.js';

const BRANCHES = 2;
const ACCOUNTS = 10;
const OPENING_BALANCE = 200;
/** Transfers under way at a time. */
const AT_ONCE = 50;

type Balances = ReadonlyMap<number, number>;

interface Place {
  readonly sid: SlaveId | undefined;
  readonly host: string;
  readonly pid: number;
}

/** On a slave. */
class Branch {
  readonly #balances: Map<number, number>;

  constructor(balances: Balances) {
    this.#balances = new Map(balances);
  }

  /** Adds to a balance, or takes from it; false, and nothing done, if it does not suffice. */
  book(account: number, amount: number): boolean {
    const balance = this.#balances.get(account);
    if (balance === undefined) throw new RangeError(`there is no account ${account} here`);
    if (balance + amount < 0) return false;
    this.#balances.set(account, balance + amount);
    return true;
  }

  count(): Balances {
    return this.#balances;
  }

  where(): Place {
    return { sid: taskContext().sid, host: hostname(), pid: process.pid };
  }
}

const BranchActor = defineActor('branch', Branch);

interface OpenBranch {
  readonly branch: Actor<Branch>;
  readonly place: Place;
}

/** On the master: a branch, as long as it lives, and its book. */
class Office {
  readonly name: string;
  /** The deposits that are known to be done. */
  readonly book = new Map<number, number>();
  givenAgain = 0;
  /** Where the branch is, once it is open. */
  place: Place | undefined;
  #opening: Promise<OpenBranch> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** The branch; opened from the book if there is none. */
  open(): Promise<OpenBranch> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<OpenBranch> {
    const branch = await BranchActor.create(this.book);
    const place = await branch.where();
    this.place = place;
    console.log(`${this.name} opens on ${place.sid}`);
    return { branch, place };
  }

  order(account: number, amount: number): Promise<boolean> {
    return this.#ask(async (branch) => {
      const done = await branch.book(account, amount);
      if (done) this.book.set(account, (this.book.get(account) ?? 0) + amount);
      return done;
    });
  }

  /** The accounts of the branch, which is closed. */
  countAndClose(): Promise<Balances> {
    return this.#ask(async (branch) => {
      const balances = await branch.count();
      await branch.stop();
      return balances;
    });
  }

  /** Repeats the question until a branch has answered it. */
  async #ask<T>(question: (branch: Actor<Branch>) => Promise<T>): Promise<T> {
    for (;;) {
      const opening = this.open();
      try {
        return await question((await opening).branch);
      } catch (error) {
        if (!(error instanceof UnrunnableError) || error.reason !== 'slave-lost') throw error;
        this.givenAgain++;
        if (this.#opening === opening) this.#close();
      }
    }
  }

  /** Every answer that came before the loss is in the book by now: futures settle in order. */
  #close(): void {
    console.log(`${this.name} is lost with ${this.place?.sid ?? 'its slave'}`);
    this.#opening = undefined;
    this.place = undefined;
  }
}

class Bank {
  readonly offices = Array.from({ length: BRANCHES }, (_, i) => new Office(`branch ${i}`));
  made = 0;
  refused = 0;

  constructor() {
    for (let account = 0; account < ACCOUNTS; account++) {
      this.#officeOf(account).book.set(account, OPENING_BALANCE);
    }
  }

  /** Two orders: the second is given when the first was done. */
  async transfer(number: number): Promise<void> {
    const [from, to] = [(number * 7) % ACCOUNTS, (number * 3 + 1) % ACCOUNTS];
    const amount = 1 + (number % 97);
    if (!(await this.#officeOf(from).order(from, -amount))) this.refused++;
    else {
      await this.#officeOf(to).order(to, amount);
      this.made++;
    }
  }

  #officeOf(account: number): Office {
    return this.offices[account % BRANCHES] as Office;
  }
}

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Moves money between accounts that live on slaves', {
    transfers: wholeNumber(1_000, 'How many'),
    'kill-after': wholeNumber(300, 'Transfers after which a slave is killed; 0 for none', 0),
  });
  if (options === undefined) return 0;
  const { transfers, 'kill-after': killAfter } = options;

  const bank = new Bank();
  let killed = killAfter === 0;
  for (const office of bank.offices) await office.open();
  await parallel(
    Array.from({ length: transfers }, (_, number) => async () => {
      await bank.transfer(number);
      if (!killed && bank.made + bank.refused >= killAfter) killed = killOneOf(bank.offices);
    }),
    { limit: AT_ONCE },
  );
  console.log(`${transfers} transfers: ${bank.made} made, ${bank.refused} refused`);
  const givenAgain = bank.offices.reduce((sum, office) => sum + office.givenAgain, 0);
  if (givenAgain > 0) console.log(`${givenAgain} orders had to be given again`);
  return (await isInOrder(bank)) ? 0 : 1;
});

await initialize();

/** As `kill -9`; false while no branch is known to live on this machine. */
function killOneOf(offices: readonly Office[]): boolean {
  for (const { name, place } of offices) {
    if (place?.host !== hostname()) continue;
    console.log(`kill -9 of ${place.sid}, where ${name} lives`);
    process.kill(place.pid, 'SIGKILL');
    return true;
  }
  return false;
}

/** Asks every branch for its accounts, closes it, and compares them with the book. */
async function isInOrder({ offices }: Bank): Promise<boolean> {
  const counted = await Promise.all(offices.map((office) => office.countAndClose()));
  const sum = counted.flatMap((balances) => [...balances.values()]).reduce((a, b) => a + b, 0);
  const expected = ACCOUNTS * OPENING_BALANCE;
  console.log(`there are ${sum} in the bank, and should be ${expected}`);
  const asBooked = offices.every(({ book }, i) => isDeepStrictEqual(book, counted[i]));
  console.log(`the branches and the book ${asBooked ? 'agree' : 'do not agree'} on every account`);
  return sum === expected && asBooked;
}
