/**
 * The public API of ts-mw.
 *
 * @packageDocumentation
 */

// Actors
export type {
  Actor,
  ActorControl,
  ActorDefinition,
  ActorMaker,
  ActorOptions,
  ActorPolicy,
  DefineActorOptions,
  DefinedActor,
  StopActorOptions,
} from './actors/actor-types.js';
export { defineActor } from './actors/define-actor.js';
export type { ActorClass } from './algorithms/actor-host.js';
// Algorithms, their policies, and the fates of their tasks
export type { Captures } from './algorithms/captures.js';
// Algorithms, their policies, and the fates of their tasks
export { type Cell, type CellOptions, cell, type MergedCell } from './algorithms/cell.js';
export { type DefinedAlgorithm, defineAlgorithm } from './algorithms/define-algorithm.js';
export { type Portable, portable } from './algorithms/portable.js';
export { makeQueue, type QueueOptions, type TaskQueue } from './algorithms/queue.js';
export type { Shared } from './algorithms/shared.js';
export type { BroadcastEntry } from './algorithms/submitter.js';
export type { Task } from './algorithms/task.js';
export type {
  Algorithm,
  AlgorithmOptions,
  AlgorithmStubs,
  AnyAlgorithm,
  Argument,
  ArgumentParts,
  Arguments,
  ErrorFate,
  Fate,
  FateBase,
  FateOf,
  Future,
  OkFate,
  Result,
  RetryDecision,
  SlaveId,
  TaskFunction,
  TaskId,
  TaskPolicy,
  TaskSubmitter,
  UnrunnableFate,
  WholeValue,
} from './algorithms/types.js';
export type { AuditListener } from './audit/audit-trail.js';
// The audit trail
export type {
  AuditEvent,
  AuditEventOf,
  AuditEventTable,
  AuditEventType,
  AuditedAttempt,
  AuditedCount,
  SlaveKind,
} from './audit/events.js';
// The fates of tasks and slaves
export { sayWhy } from './audit/why/say-why.js';
export type { SlaveObstacle, TaskObstacle } from './audit/why/slave-obstacle.js';
export type {
  OtherTasks,
  SlaveBecause,
  SlaveTasks,
  SlaveWhy,
  SlaveWhyOf,
  SlaveWhyState,
  SlaveWhyTable,
} from './audit/why/slave-why.js';
export type {
  AtSlave,
  AwaitedMachine,
  AwaitedMachines,
  EndedFacts,
  EndedRun,
  NeededTask,
  OccupiedSlave,
  OccupiedSlaves,
  TaskAtSlave,
  TaskBecause,
  TaskInLine,
  TaskStory,
  TaskWhy,
  TaskWhyOf,
  TaskWhyState,
  TaskWhyTable,
  ToldEvent,
} from './audit/why/task-why.js';
// Programs
export {
  defineMaster,
  defineSlave,
  type MasterAlgorithm,
  type MasterOptions,
  type SlaveAlgorithm,
} from './cli/define-program.js';
// Masters and slaves inside another process
export {
  type EmbeddedMaster,
  type EmbeddedMasterOptions,
  type EmbeddedSlave,
  type EmbeddedSlaveOptions,
  master,
  slave,
} from './cli/embed.js';
export type { Flags } from './cli/flags/program-flags.js';
export { initialize } from './cli/initialize.js';
export {
  currentKernel,
  type EndKernelOptions,
  endKernel,
  type Kernel,
  kernelWorkerCount,
  makeKernel,
  withKernel,
} from './cli/kernel.js';
export type { KernelOptions, KernelSlaves, ServerAddress } from './cli/kernel-arguments.js';
// Standing servers
export {
  endServer,
  type PingOptions,
  ping,
  type ServerAccess,
  type StandingServer,
  type StartServerOptions,
  startServer,
} from './cli/servers.js';
// Parallel collections
export {
  type Broadcast,
  type BroadcastOptions,
  type BroadcastTask,
  broadcastTask,
} from './collections/broadcast.js';
export {
  type Channel,
  type ChannelOptions,
  makeChannel,
  type Received,
  type ReceiveOptions,
} from './collections/channel.js';
export type { MapElement, MapElements } from './collections/parts/map-element.js';
export type { MapOptions, PartOptions, Progress } from './collections/parts/options.js';
export type { Parts } from './collections/parts/part-cutter.js';
export { type Sources, type Zip, zip } from './collections/parts/zip.js';
export { type Binding, type Bound, type Checked, plet } from './collections/plet.js';
export { type MapTarget, pmap, pmapInto, pmapSettled, type Settled } from './collections/pmap.js';
export { type IterableOptions, pmapIterable } from './collections/pmap-iterable.js';
export {
  type MapReduceOptions,
  type PartialReduceOptions,
  pmapReduce,
  preduce,
  preducePartial,
  type ReduceOptions,
} from './collections/preduce.js';
export {
  chain,
  type Delayed,
  delay,
  type Fulfillable,
  force,
  fulfill,
  promise,
} from './collections/promises.js';
export { pcount, pevery, pfind, premove, psome } from './collections/psearch.js';
export { psort, type SortOptions } from './collections/psort.js';
export { speculate } from './collections/speculate.js';
// Errors
export {
  CheckpointError,
  EncodeError,
  type FailedAttempt,
  FinalError,
  FlagError,
  FormatError,
  InvalidTaskError,
  JoinError,
  MessageSizeError,
  MwError,
  NoKernelError,
  type RemoteError,
  ScopeCancelledError,
  StoppedError,
  scopePathOf,
  TaskError,
  type TaskIdentity,
  TaskKilledError,
  type TaskRun,
  UnrunnableError,
  type UnrunnableReason,
  UsageError,
} from './errors.js';
// Control flow
export type { Component, Components, ComponentValues } from './flow/components.js';
export { firstWins } from './flow/first-wins.js';
export { atomic, type Mutex, makeMutex } from './flow/mutex.js';
export { type ParallelOptions, parallel, sequential } from './flow/parallel.js';
export { currentScope, type Scope } from './flow/scope/scope.js';
export {
  killThread,
  spawnThread,
  type Thread,
  type ThreadId,
  type ThreadOptions,
  type ThreadView,
  threads,
} from './flow/threads.js';
// The farm
export type {
  JudgeMachine,
  LocalMachine,
  Machine,
  MachineSettings,
  MachineState,
  MachineTask,
  MachineView,
  ServerMachine,
  SshMachine,
} from './machines/farm/machine.js';
export type { MachineFacts } from './machines/machine-host.js';
export {
  type AuthChannel,
  type PasswordOptions,
  passwordAuth,
  type ServerAuth,
  tokenAuth,
} from './machines/protocol/auth.js';
export { type KerberosOptions, kerberosAuth } from './machines/protocol/kerberos-auth.js';
export type { MasterIdentity, ServerOptions, ServerTls } from './machines/server/server-options.js';
// The handle of master algorithms, and the decisions of a program
export type { SlaveIdentity } from './master/model/slave-identity.js';
export type {
  AllocateOptions,
  CancelOptions,
  FailedTask,
  MasterHandle,
  MasterLoopOptions,
  MasterLoopReport,
  ResultOf,
  SubmitAllOptions,
  UnregisterOptions,
  UnrunnableOf,
} from './master/program/master-handle.js';
export type { AuthorizeSlave } from './master/slaves/admissions.js';
export type { OrderedSlave } from './master/slaves/slave-groups.js';
export type { SlaveHandle, SlaveLoopReport } from './slave/run/slave-handle.js';
export { type SlaveLocal, slaveLocal, type TaskContext, taskContext } from './slave/run/task-context.js';
// Values that slaves get once
export { share } from './wire/shares/share.js';
export { shareFile } from './wire/shares/share-file.js';
