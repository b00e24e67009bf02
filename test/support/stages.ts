/** Producers and consumers by themselves, on an engine and a directory of their own. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Executor } from '../../engine/executor.js'
import { checkEngineOptions } from '../../engine/options.js'
import type { StageErrors } from '../../engine/pipeline/errors/stage-errors.js'
import { openProducer } from '../../engine/pipeline/extract/open-producer.js'
import { openConsumer } from '../../engine/pipeline/load/open-consumer.js'
import type { OpenServices } from '../../engine/pipeline/services.js'
import type { Consumer, Json } from '../../engine/pipeline/stage.js'
import { Engine } from '../../engine/session.js'
import type { Batch, MemoryViews } from '../../io/batch.js'
import { releaseBatch } from '../../io/block-sharing.js'
import { batchOfRecords, toRow } from '../../io/records/row.js'
import { readValue } from '../../io/values.js'
import type { SourceDefinition, TargetDefinition } from '../../planner/pipeline/definition.js'
import { parseTypeName } from '../../planner/type-names.js'
import { field, type Schema, schemaOf } from '../../planner/types.js'
import { afterAll, expect } from './jest.js'

export type Row = Record<string, unknown>

export interface Produced {
  readonly rows: readonly Row[]
  /** Behind each batch, with the rows up to there. */
  readonly positions: readonly { readonly position: Json; readonly rows: number }[]
  readonly schema: Schema | null
}

export interface Reading {
  readonly position?: Json
  readonly batchRows?: number
  /** Leaves the producer after so many batches. */
  readonly most?: number
  /** Gives rows of the values that batches hold, rather than what users get for them. */
  readonly exact?: boolean
}

export class StageScene {
  readonly directory = mkdtempSync(join(tmpdir(), 'volley-stages-'))
  private readonly executor = new Executor(checkEngineOptions({ threads: 2 }))
  readonly engine = new Engine(this.executor)
  readonly services: OpenServices = this.executor.openPipeline()

  static forFile(): StageScene {
    const scene = new StageScene()
    afterAll(async () => {
      await scene.services.close()
      await scene.engine.close()
      rmSync(scene.directory, { recursive: true, force: true })
    })
    return scene
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** What a source gives; afterwards nothing of it is left in memory. */
  async read(source: SourceDefinition, reading: Reading = {}): Promise<Produced> {
    const { services, directory } = this
    const { position = null, batchRows = 10_000, most = Number.POSITIVE_INFINITY, exact = false } = reading
    const before = services.memory.statistics().blocks
    const producer = await openProducer(
      { kind: 'producer', source, ...STAGE },
      { services, id: 'in', directory, batchRows },
    )
    const rows: Row[] = []
    const positions: { position: Json; rows: number }[] = []
    try {
      for await (const produced of producer.open(position)) {
        const { batch } = produced
        expect(batch.length).toBeLessThanOrEqual(batchRows)
        expect(batch.schema).toEqual(producer.schema)
        for (let row = 0; row < batch.length; row++) {
          rows.push(exact ? exactRow(services.memory.views, batch, row) : toRow(services.memory.views, batch, row))
        }
        releaseBatch(services.memory, batch)
        // As a checkpoint keeps it.
        positions.push({ position: JSON.parse(JSON.stringify(produced.position)) as Json, rows: rows.length })
        if (positions.length >= most) break
      }
    } finally {
      await producer.close()
    }
    expect(services.memory.statistics().blocks).toBe(before)
    return { rows, positions, schema: producer.schema }
  }

  /** Reads anew from behind each batch, and finds what came after it. */
  async expectResumable(source: SourceDefinition, batchRows: number): Promise<Produced> {
    const whole = await this.read(source, { batchRows })
    for (const { position, rows } of whole.positions) {
      expect((await this.read(source, { position, batchRows })).rows).toEqual(whole.rows.slice(rows))
    }
    return whole
  }

  consumer(
    target: TargetDefinition,
    options: { checkpoint?: string; schema?: Schema; errors?: StageErrors } = {},
  ): Promise<Consumer> {
    const { services, directory } = this
    const { checkpoint = null, schema = null, errors = null } = options
    const setting = { services, id: 'out', directory, schema, checkpoint, errors: () => errors }
    return openConsumer({ kind: 'consumer', target, ...STAGE }, setting)
  }

  async write(consumer: Consumer, schema: Schema, rows: readonly Row[]): Promise<void> {
    await consumer.write(batchOfRecords(schema, rows, this.services.target))
  }

  /** Loads all that a source gives. */
  async transfer(source: SourceDefinition, target: TargetDefinition): Promise<number> {
    const { services, directory } = this
    const setting = { services, id: 'in', directory, batchRows: 150 }
    const producer = await openProducer({ kind: 'producer', source, ...STAGE }, setting)
    const consumer = await this.consumer(target)
    await consumer.open(null)
    for await (const { batch } of producer.open(null)) await consumer.write(batch)
    await producer.close()
    return (await consumer.finish()).rows
  }

  /** Loads rows from the start to the end. */
  async load(target: TargetDefinition, schema: Schema, ...batches: (readonly Row[])[]): Promise<number> {
    const consumer = await this.consumer(target)
    try {
      await consumer.open(null)
      for (const rows of batches) await this.write(consumer, schema, rows)
      return (await consumer.finish()).rows
    } catch (error) {
      await consumer.abort(false)
      throw error
    }
  }
}

function exactRow(memory: MemoryViews, batch: Batch, row: number): Row {
  const { fields } = batch.schema
  return Object.fromEntries(fields.map(({ name }, index) => [name, readValue(memory, batch.columns[index], row)]))
}

const STAGE = {
  id: 'stage',
  inputs: [],
  tables: {},
  placement: null,
  errors: null,
  retries: null,
  queue: 2,
}

/** A schema by names of types: `{ id: 'bigint' }`. */
export function columns(types: Readonly<Record<string, string>>): Schema {
  return schemaOf(Object.entries(types).map(([name, type]) => field(name, parseTypeName(type))))
}

/** Runs statements by DuckDB outside of the engine. */
export async function byDuckDb(path: string, ...statements: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path, { threads: '1' })
  const connection = await instance.connect()
  try {
    for (const statement of statements) await connection.run(statement)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
