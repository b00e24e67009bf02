/** volley: an Apache Arrow columnar processing engine for Node.js. */

export type {
  EngineEvents,
  EngineListener,
  MemoryEvent,
  MemoryPressure,
  MemorySample,
  StrategyEvent,
} from './engine/events.js'
export type { MemoryUsage } from './engine/memory/memory-usage.js'
export type { EngineOptions } from './engine/options.js'
export { pipeline } from './engine/pipeline/builder.js'
export type {
  GenerationResult,
  GenerationsResult,
  PipeResult,
  PipeStatus,
} from './engine/pipeline/generations/results.js'
export {
  type GenerationsEvent,
  type GenerationsOptions,
  type PipeContext,
  runGenerations,
} from './engine/pipeline/generations/run-generations.js'
export type { PipelineHandle } from './engine/pipeline/pipeline-handle.js'
export type { Parameters, PipelineInCode, PipelineInput } from './engine/pipeline/pipeline-input.js'
export type { PhaseProgress, StageProgress, StageStatus } from './engine/pipeline/progress/events.js'
export type { MemoryPeaks, QueuePeak } from './engine/pipeline/progress/peaks.js'
export type { PhaseName } from './engine/pipeline/progress/phases.js'
export type { PhaseReport } from './engine/pipeline/progress/view.js'
export type { DeadLetterFile, PipelineReport, StageReport } from './engine/pipeline/report.js'
export type { MultipleOptions, MultipleReport, OneOfMultiple, RunOfMultiple } from './engine/pipeline/run-multiple.js'
export type { PipelineRunOptions } from './engine/pipeline/run-options.js'
export type { PipelineProblem, PipelineValidation } from './engine/pipeline/validation.js'
export type {
  ArrowInput,
  ColumnTypes,
  CsvScanOptions,
  NdjsonScanOptions,
  ParquetScanOptions,
  Paths,
} from './engine/scan-options.js'
export { type Engine, open } from './engine/session.js'
export type {
  ComponentMetrics,
  ExecutionStrategy,
  Out,
  Outputs,
  Payload,
  Rejected,
  Unsupported,
} from './engine/strategies/strategy.js'
export type { Records } from './io/records/records-source.js'
export {
  CaseExpr,
  col,
  count,
  countDistinct,
  cumeDist,
  denseRank,
  Expr,
  first,
  firstValue,
  lag,
  last,
  lastValue,
  lead,
  lit,
  max,
  mean,
  median,
  min,
  nthValue,
  ntile,
  type OverOptions,
  percentRank,
  quantile,
  rank,
  rowNumber,
  sql,
  stddev,
  sum,
  variance,
  when,
} from './planner/builder.js'
export { Component, type Emit, type Emitted, type Relation } from './planner/component.js'
export { type ErrorCode, type ErrorDetails, VolleyError } from './planner/errors.js'
export type {
  BatchFunction,
  ExpressionLike,
  JoinOptions,
  MapOptions,
  ModuleFunction,
  RowFunction,
  SchemaLike,
  SortBy,
  SortTerm,
  Value,
} from './planner/frame.js'
export { Frame, GroupedFrame } from './planner/frame.js'
export { ExecutionPlan, type Generation, type PlanJson, type PlanSummary } from './planner/graph/execution-plan.js'
export { BatchOrder, type ExecutionOrder, OrderRegistry, StreamingOrder } from './planner/graph/orders.js'
export type { Pipe, PipeKind, PipeOptions } from './planner/graph/pipe.js'
export { type GraphOptions, PipeGraph, type SharedInput, type TableConflict } from './planner/graph/pipe-graph.js'
export { PlanGenerator, type PlanGeneratorOptions } from './planner/graph/plan-generator.js'
export type { GraphProblem, GraphProblemKind } from './planner/graph/problems.js'
export { PipelineBuilder } from './planner/pipeline/builder.js'
export type * from './planner/pipeline/definition.js'
export type * from './planner/pipeline/specification.js'
export type { NodeMetrics, Profile, ProfiledNode } from './planner/profile.js'
export type * from './planner/run-options.js'
export type { DataType, Field, Schema } from './planner/types.js'
