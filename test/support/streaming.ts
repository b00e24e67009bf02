/** Pipelines run as streams, on an engine and a directory of their own. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Executor } from '../../engine/executor.js'
import { checkEngineOptions } from '../../engine/options.js'
import type { StageProgress } from '../../engine/pipeline/progress/events.js'
import type { CheckpointOptions } from '../../engine/pipeline/streaming/job.js'
import { Streaming, type StreamingOutcome, startPlanOf } from '../../engine/pipeline/streaming/run-streaming.js'
import { Engine } from '../../engine/session.js'
import { formatOfPath } from '../../io/file-format.js'
import { definePipeline } from '../../planner/pipeline/define/pipeline.js'
import type { PipelineDefinition } from '../../planner/pipeline/definition.js'
import { flatten } from '../../planner/pipeline/flatten.js'
import type { PipelineSpecification } from '../../planner/pipeline/specification.js'
import { afterAll } from './jest.js'

export interface StreamOptions {
  readonly checkpoint?: Partial<CheckpointOptions> & { readonly id: string }
  readonly signal?: AbortSignal
  readonly onProgress?: (event: StageProgress) => void
}

export function define(specification: PipelineSpecification, directory: string): PipelineDefinition {
  return definePipeline(specification, {
    directory,
    resolve: (path) => resolve(directory, path),
    formatOf: formatOfPath,
    load: () => {
      throw new Error('no pipeline is in another file')
    },
  })
}

export class StreamScene {
  readonly executor = new Executor(checkEngineOptions({ threads: 2 }))
  readonly engine = new Engine(this.executor)

  constructor(readonly directory = mkdtempSync(join(tmpdir(), 'volley-streams-'))) {}

  static forFile(): StreamScene {
    const scene = new StreamScene()
    afterAll(async () => scene.close())
    return scene
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  async run(specification: PipelineSpecification, options: StreamOptions = {}): Promise<StreamingOutcome> {
    const services = this.executor.openPipeline(options.signal)
    const { checkpoint } = options
    try {
      const definition = define({ mode: 'streaming', ...specification }, this.directory)
      const streaming = new Streaming(flatten(definition), startPlanOf(definition), services, {
        startedAt: new Date(),
        onProgress: options.onProgress,
        checkpoint:
          checkpoint === undefined
            ? null
            : {
                resume: false,
                directory: this.path('checkpoints'),
                every: { batches: 3, milliseconds: null },
                ...checkpoint,
              },
      })
      return await streaming.run()
    } finally {
      await services.close()
    }
  }

  /** A Parquet file of `rows` rows: id, customer, amount, name. */
  async orders(name: string, rows: number, rowGroup = 2048): Promise<string> {
    const path = this.path(name)
    await query(
      `copy (select i::bigint as id, (i % 17)::integer as customer, (i * 7 % 1000 / 10)::decimal(10,2) as amount,
        case when i % 5 = 0 then null else 'name ' || i end as name from range(${rows}) t(i))
       to '${path}' (format parquet, row_group_size ${rowGroup})`,
    )
    return path
  }

  async close(): Promise<void> {
    await this.engine.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** What DuckDB answers, as JSON values. */
export async function query(sql: string, database = ':memory:'): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(database)
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
