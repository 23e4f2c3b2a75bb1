export { startSingleStore } from './server';
export type { SingleStoreOptions, SingleStoreStandIn } from './server';
export type { OnStatement, StatementInfo, StatementRecord, Transition, Verdict } from './runtime';
export type { ReadSource } from './loader';

// The engine without sockets and without a clock, for simulations in virtual time.
export { execute } from './engine';
export type { Context } from './execution';
export { parse } from './parser';
export { abandon, advance, dueAt, finishBatch, settle } from './batches';
export type { SourceAnswer, SourceRequest } from './batches';
export {
  emptyCluster,
  isRunning,
  keyOf,
  withoutSession,
  withPipeline,
  withPipelineState,
  withSession,
} from './cluster';
export type * from './cluster';
export type { FinalReply, Reply, Waiting } from './reply';
export type { Statement } from './statement';
export { assumed } from './assumed';
