/** Reads the tables of a pipeline's stages as a whole, before its streams begin. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { ConsumerStage, Input } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import type { Schema } from '../../../planner/types.js'
import { UncommittedConsumer } from '../load/uncommitted-consumer.js'
import type { PhaseClocks } from '../progress/phases.js'
import type { BatchTable, PipelineServices } from '../services.js'
import type { ConsumerResult } from '../stage.js'
import { StreamGraph, tableKey, tableSteps } from './graph.js'
import type { StageParts } from './running-stage.js'
import { StreamRun } from './stream-run.js'

/** By `tableKey`. */
export type Tables = ReadonlyMap<string, BatchTable>

/**
 * Runs what tables need, tables of tables first. A stage that feeds a table as well as a stream runs once for each: what it
 * reads must be there twice. `partsWith` makes parts of stages that know the tables so far.
 */
export async function collectTables(
  pipeline: FlatPipeline,
  plan: ExecutionPlan,
  services: PipelineServices,
  partsWith: (tables: Tables) => StageParts,
  clocks: PhaseClocks,
  watch: (run: StreamRun) => void,
  /** The columns of what a stage gets by which no row came; null where only rows could tell. */
  schemaWithoutRows: (stage: ConsumerStage) => Promise<Schema | null>,
): Promise<Map<string, BatchTable>> {
  const tables = new Map<string, BatchTable>()
  try {
    for (const step of tableSteps(pipeline)) {
      const collectors = new Map(
        step.map((input) => [`table of ${tableKey(input)}`, new TableCollector(services, input)]),
      )
      const stages = [
        ...neededBy(pipeline, step),
        ...[...collectors].map(([id, { input }]) => collectingStage(id, input)),
      ]
      const parts: StageParts = {
        ...partsWith(tables),
        consumer: async (stage) => collectors.get(stage.id)!,
      }
      const bounded: StageParts = {
        ...parts,
        producer: async (stage) => {
          return expectBounded(stage.id, await parts.producer(stage))
        },
      }
      const run = new StreamRun({ ...pipeline, stages, onFailure: 'fail-fast' }, plan, {
        parts: bounded,
        services,
        checkpoint: null,
        chunk: null,
        clocks,
      })
      watch(run)
      await run.run()
      for (const [id, collector] of collectors) {
        if (collector.schema === null) collector.schema = await schemaWithoutRows(collectingStage(id, collector.input))
        tables.set(tableKey(collector.input), collector.table())
      }
    }
    return tables
  } catch (error) {
    await closeTables(tables)
    throw error
  }
}

export async function closeTables(tables: Tables): Promise<void> {
  for (const table of tables.values()) await table.close()
}

/** The stages that streams need: those that lead to a consumer, or are read by nobody and no table. */
export function streamedStages({ stages }: FlatPipeline): readonly FlatStage[] {
  const graph = new StreamGraph(stages)
  const tables = new Set(stages.flatMap((stage) => Object.values(stage.tables).map((input) => input.stage)))
  return stages.filter(({ id }) => {
    const readers = [...graph.withReaders(id)]
    return readers.some((reader) => {
      const stage = graph.stage(reader)
      return stage.kind === 'consumer' || (graph.withReaders(reader).size === 1 && !tables.has(reader))
    })
  })
}

function neededBy(pipeline: FlatPipeline, inputs: readonly Input[]): readonly FlatStage[] {
  const graph = new StreamGraph(pipeline.stages)
  const ids = new Set(inputs.flatMap((input) => [...graph.sourcesOf(input.stage)]))
  return pipeline.stages.filter(({ id }) => ids.has(id))
}

function expectBounded<T extends { readonly bounded: boolean }>(stage: string, producer: T): T {
  if (producer.bounded) return producer
  throw new VolleyError('VOLLEY_UNSUPPORTED', 'a table is read as a whole, but what it comes from does not end', {
    stage,
  })
}

function collectingStage(id: string, input: Input): ConsumerStage {
  return {
    kind: 'consumer',
    id,
    inputs: [input],
    tables: {},
    placement: null,
    errors: null,
    retries: null,
    queue: 1,
    target: {
      kind: 'function',
      function: { kind: 'closure', call: () => null, label: id, mode: 'batch' },
    },
  }
}

class TableCollector extends UncommittedConsumer {
  private batches: Batch[] = []
  /** Null before the first batch. */
  schema: Schema | null = null

  constructor(
    private readonly services: PipelineServices,
    readonly input: Input,
  ) {
    super()
  }

  /** Hands the batches over. */
  table(): BatchTable {
    const { batches, schema } = this
    this.batches = []
    if (schema !== null) return this.services.tableOf(schema, batches)
    const { stage } = this.input
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      `the table of stage ${stage} has no rows, so its columns are not known`,
      {
        stage,
      },
    )
  }

  async open(): Promise<void> {}

  async write(batch: Batch): Promise<void> {
    this.schema ??= batch.schema
    this.batches.push(batch)
  }

  async finish(): Promise<ConsumerResult> {
    return { rows: this.batches.reduce((rows, { length }) => rows + length, 0), bytesWritten: 0, outputs: [] }
  }

  async abort(): Promise<void> {
    for (const batch of this.batches.splice(0)) releaseBatch(this.services.memory, batch)
  }
}
