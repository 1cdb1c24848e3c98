/**
 * Knows which broadcasts await late comers, and submits one run of each to each slave: to those of now, and to every
 * slave that joins, before its first task. Its mailbox holds back the other tasks of a slave meanwhile.
 */

import type { BroadcastListener, BroadcastSubmission } from '../../algorithms/submitter.js';
import type { ResolvedPolicy } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { TaskError, type UnrunnableError, type UnrunnableReason, UsageError } from '../../errors.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { TaskMaker, TaskTemplate } from '../jar/task-maker.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { FutureSettler, Task } from '../model/task.js';
import type { ShareRegistry } from '../shares/share-registry.js';
import type { SlaveCommands } from '../slaves/slave-commands.js';

/** The limit of broadcasts that await late comers: a slave that joins has to run all of them first. */
const MOST_LIVE = 1_000;

interface BroadcastsParams {
  readonly jar: TaskJar;
  readonly maker: TaskMaker;
  readonly slaves: Iterable<SlaveRecord>;
  readonly commands: Pick<SlaveCommands, 'recallAll'>;
  readonly shares: ShareRegistry;
  readonly audit: AuditSink;
  readonly giveUp: (task: Task, reason: UnrunnableReason, message: string) => void;
  /** The task is cancelled when the signal aborts. */
  readonly heed: (task: Task, signal: AbortSignal) => void;
  /** The slave owes one run more or less, and may have room. */
  readonly onChanged: (slave: SlaveRecord) => void;
}

/** The policy is that of a broadcast. */
export type SingleRun = Omit<BroadcastSubmission, 'lateComers'>;

interface Broadcast {
  readonly template: TaskTemplate;
  readonly policy: ResolvedPolicy;
  readonly place: string | undefined;
  readonly listener: BroadcastListener;
}

const NEVER_REJECTED: Promise<void> = Promise.resolve();

export class Broadcasts {
  readonly #params: BroadcastsParams;
  readonly #nextNumber = (): number => this.#params.jar.nextNumber();
  /** Those that await late comers, in their order. */
  readonly #live = new Set<Broadcast>();
  /** The open runs of slaves that were there when the program called. */
  readonly #unfinished = new Map<Broadcast, number>();
  #isOver = false;

  constructor(params: BroadcastsParams) {
    this.#params = params;
  }

  /** Broadcasts that slaves still owe which were there when the program called. */
  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** Returns what ends it for late comers. Throws as `makeTemplate`, and UsageError if too many await late comers. */
  submit({ definition, args, policy, place, lateComers, listener }: BroadcastSubmission): () => void {
    if (lateComers && this.#live.size >= MOST_LIVE) {
      throw new UsageError(
        `${MOST_LIVE} broadcasts await slaves that join later, and there may be no more; call stop() of those that such slaves need not run`,
      );
    }
    const { maker, audit, slaves, shares } = this.#params;
    const broadcast = { template: maker.makeTemplate(definition, args, policy), policy, place, listener };
    const present = [...slaves];
    // Late comers need them, though no task may at the moment
    const kept = lateComers ? (broadcast.template.arguments.shares ?? []) : [];
    shares.need(kept);
    if (lateComers) this.#live.add(broadcast);
    if (present.length > 0) this.#unfinished.set(broadcast, present.length);
    audit.emit({
      type: 'broadcast',
      algorithm: definition.name,
      slaves: present.length,
      lateComers: lateComers ? 'too' : 'not',
    });
    for (const slave of present) {
      this.#owe(broadcast, slave, () => this.#countDown(broadcast));
      this.#params.commands.recallAll(slave);
    }
    return () => {
      if (this.#live.delete(broadcast)) shares.settled(kept);
    };
  }

  /** One run on one slave, which is owed by nobody else and counts nowhere. Throws as `makeTemplate`. */
  runOn(slave: SlaveRecord, { definition, args, policy, place, listener }: SingleRun): void {
    const template = this.#params.maker.makeTemplate(definition, args, policy);
    this.#owe({ template, policy, place, listener }, slave);
  }

  /** The slave was welcomed, and given nothing yet in this session. */
  onJoined(slave: SlaveRecord): void {
    for (const broadcast of this.#live) this.#owe(broadcast, slave);
  }

  #owe({ template, policy, place, listener }: Broadcast, slave: SlaveRecord, onEnd?: () => void): void {
    const { jar, maker, shares, heed, onChanged } = this.#params;
    const { sid } = slave;
    const end = (): boolean => {
      if (this.#isOver) return false;
      slave.mailbox.remove(task);
      onEnd?.();
      onChanged(slave);
      return true;
    };
    const settler: FutureSettler = {
      promise: NEVER_REJECTED,
      resolve: (packet) => {
        if (end()) listener.take({ sid, status: 'ok', packet });
      },
      reject: (error) => {
        if (!end()) return;
        if (error instanceof TaskError) listener.take({ sid, status: 'error', error });
        else listener.take({ sid, status: 'unrunnable', error: error as UnrunnableError });
      },
    };
    const task = maker.makeFrom(this.#nextNumber, template, policy, settler, place);
    task.addressTo(slave);
    if (task.shares !== undefined) shares.need(task.shares);
    listener.owe(sid);
    jar.add(task);
    onChanged(slave);
    for (const signal of [policy.signal, policy.scopeSignal]) {
      if (signal !== undefined && task.state !== 'settled') heed(task, signal);
    }
  }

  #countDown(broadcast: Broadcast): void {
    const left = (this.#unfinished.get(broadcast) ?? 0) - 1;
    if (left > 0) this.#unfinished.set(broadcast, left);
    else this.#unfinished.delete(broadcast);
  }

  /** The master has ended: no listener hears of anything any more, and what is open has its fate in the trail. */
  end(): void {
    this.#isOver = true;
    this.#live.clear();
    const { jar, giveUp } = this.#params;
    for (const task of [...jar.allLive()].filter(({ policy }) => policy.isBroadcast)) {
      giveUp(task, 'cancelled', `${task.id} was cancelled, since its master has ended`);
    }
  }
}
