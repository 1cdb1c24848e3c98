/** The public types of actors. */

import type { ActorClass } from '../algorithms/actor-host.js';
import type { Arguments, Future, TaskPolicy } from '../algorithms/types.js';

/** Fields of a task policy that hold for the tasks of an actor. */
export type ActorPolicy = Pick<TaskPolicy, 'timeoutSeconds' | 'category' | 'killGraceSeconds'>;

/** Options of an actor, from its definition or from `with`. */
export interface ActorOptions {
  /**
   * Whether an actor whose slave was lost is made again, on the next slave that is free, by calling the constructor with
   * the same arguments; false by default. True allows five times in a row, a number as many as it says; a call that
   * has ended begins a new row. The first time is after 0.1 s, each later one after twice as long, up to 30 s.
   */
  readonly restart?: boolean | number | undefined;
  /** Seconds that an actor waits for a slave of its own, also when it is made again; no limit by default. */
  readonly timeout?: number | undefined;
}

/** Options of `defineActor`. */
export interface DefineActorOptions extends ActorOptions {
  /** The policy of its tasks: its calls, and the constructor's. */
  readonly policy?: ActorPolicy | undefined;
  /** Takes the place of the class's source in its fingerprint, as that of an algorithm does. */
  readonly version?: string | undefined;
}

/** Options of `stop`. */
export interface StopActorOptions {
  /** Cancels the calls that have not ended, instead of letting them end; false by default. */
  readonly now?: boolean | undefined;
}

/** The members of every actor beside the methods of its class. */
export interface ActorControl extends AsyncDisposable {
  /**
   * Ends the actor and gives its slave back: calls from now on reject, those before end first. The instance's
   * `[Symbol.asyncDispose]` or `[Symbol.dispose]` is called there, if it has one. Resolves when all that is done, and
   * rejects with a TaskError if that method throws. May be called twice, and after the actor is lost.
   */
  stop(options?: StopActorOptions): Promise<void>;
}

/**
 * An actor, as the master holds it: each method of the class is a task of the actor's slave, and returns a future of what
 * the method returns, or what its promise resolves to. Calls run one at a time, in their order. A future rejects with
 * TaskError if the method throws, and the actor goes on; with UnrunnableError if the slave is lost or the actor is over.
 */
export type Actor<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K & string : never]: T[K] extends (
    ...args: infer P
  ) => infer R
    ? (...args: Arguments<P>) => Future<Awaited<R>>
    : never;
} & ActorControl;

/** Makes actors of one class. */
export interface ActorMaker<C extends ActorClass> {
  /**
   * Takes an ordered slave for the actor alone, calls the constructor there, and resolves with the actor. Waits until a
   * slave is free. Rejects with TaskError if the constructor throws, with UnrunnableError if its slave was lost, if no
   * slave was free within `timeout`, or if a future among the arguments failed, and with StoppedError at the master's end.
   * Arguments that cannot travel reject with EncodeError or MessageSizeError, and a call without a master with
   * NoKernelError.
   */
  readonly create: (...args: Arguments<ConstructorParameters<C>>) => Promise<Actor<InstanceType<C>>>;
}

/** An actor's definition. */
export interface ActorDefinition<C extends ActorClass> extends ActorMaker<C> {
  /** Its name, the same in every process of the program. */
  readonly name: string;
  /** The same with other options. Throws UsageError for wrong ones. */
  with(options: ActorOptions): ActorMaker<C>;
}

/** The return type of `defineActor`: a definition, or why `C` cannot be one. */
export type DefinedActor<C extends ActorClass> = 'stop' extends keyof InstanceType<C>
  ? 'the class of an actor has no method stop, which every actor has'
  : 'then' extends keyof InstanceType<C>
    ? 'the class of an actor has no method then, which await would call'
    : ActorDefinition<C>;
