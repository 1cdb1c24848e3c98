/** Types of actors: methods have those of the class, and what is no method is not there. */
import { type Actor, defineActor, type Future } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(verdict: Same<A, B>): void => void verdict;

class Account {
  readonly owner: string;
  #balance = 0;

  constructor(owner: string, balance = 0) {
    this.owner = owner;
    this.#balance = balance;
  }

  get balance(): number {
    return this.#balance;
  }

  deposit(amount: number, note?: string): number {
    this.#balance += amount + (note?.length ?? 0);
    return this.#balance;
  }

  async report(): Promise<{ readonly lines: string[] }> {
    return { lines: [] };
  }

  protected audit(): void {}
}

const it = suite('types of actors');

it('are those of the class', () => {
  const AccountActor = defineActor('typed-account', Account, { restart: 2, timeout: 1 });
  same<Parameters<typeof AccountActor.create>['length'], 1 | 2>(true);
  same<Awaited<ReturnType<typeof AccountActor.create>>, Actor<Account>>(true);
  type Methods = keyof Actor<Account> & string;
  same<Methods, 'deposit' | 'report' | 'stop'>(true);
  same<ReturnType<Actor<Account>['deposit']>, Future<number>>(true);
  same<ReturnType<Actor<Account>['report']>, Future<{ readonly lines: string[] }>>(true);
  // Never called: no master is here
  const calls = (account: Actor<Account>, amount: Future<number>): void => {
    void account.deposit(amount, 'a note');
    // @ts-expect-error an amount is a number
    void account.deposit('1');
    // @ts-expect-error a getter is no method
    void account.balance;
    // @ts-expect-error a field neither
    void account.owner;
    // @ts-expect-error it is protected
    void account.audit();
    // @ts-expect-error an owner is needed
    void AccountActor.create();
    // @ts-expect-error there is no such option
    void account.stop({ at: 'once' });
  };
  assert.type(calls, 'function');
});

it('refuse what cannot be one', () => {
  class Stopping {
    stop(): void {}
  }
  assert.throws(() => {
    const refused = defineActor('typed-stopping', Stopping);
    // @ts-expect-error a class with a method stop has no create
    void refused.create();
  });
  // @ts-expect-error an object is no class
  assert.throws(() => defineActor('typed-object', {}));
  // @ts-expect-error such a task runs once
  assert.throws(() => defineActor('typed-policy', Account, { policy: { retry: true } }));
});

it.run();
