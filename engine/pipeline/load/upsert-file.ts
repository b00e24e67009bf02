/**
 * Replaces rows of a file. What comes in is written beside it, with the number of each row; at the end the new file is
 * made of the old rows whose key did not come and, of each key that did, the last row.
 */

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fromArrowSchema } from '../../../io/arrow/schema.js'
import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { isDirectory } from '../../../io/file-format.js'
import type { Sink } from '../../../io/sink.js'
import { col, rowNumber } from '../../../planner/builder.js'
import { InternalError, unreachable, VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { LogicalPlan } from '../../../planner/logical-plan.js'
import type { CsvSinkOptions } from '../../../planner/run-options.js'
import { field, INT64, type Schema, schemaOf, typeName, typesEqual } from '../../../planner/types.js'
import { openSink } from '../../sinks.js'
import type { ConsumerResult, Json } from '../stage.js'
import { besides, type FileTarget, sinkTarget } from './file-consumer.js'
import { checkKey, requireKeys } from './keys.js'
import { numberedRows } from './numbered-rows.js'
import { OneSchema } from './one-schema.js'
import type { ConsumerSetting } from './setting.js'
import { UncommittedConsumer } from './uncommitted-consumer.js'

/** Numbers the rows that come in. */
const ORDER = '__volley_row'
/** 1 for the last row of a key. */
const RECENCY = '__volley_recency'

export class UpsertFileConsumer extends UncommittedConsumer {
  private readonly path: string
  private readonly staging: string
  private sink: Sink | null = null
  private schema: Schema | null = null
  private readonly columns: OneSchema
  private rows = 0

  constructor(
    private readonly target: FileTarget,
    private readonly setting: ConsumerSetting,
  ) {
    super()
    this.path = resolve(setting.directory, target.path)
    this.columns = new OneSchema(this.path, setting.schema)
    this.staging = besides(this.path, randomBytes(6).toString('hex'), '.arrow')
  }

  async open(state: Json | null): Promise<void> {
    if (state !== null) throw new InternalError(`${this.path} cannot be gone on with`)
    expectNoDirectory(this.path)
    const { schema } = this.setting
    if (schema !== null) await this.opened(schema)
  }

  async write(batch: Batch): Promise<void> {
    const { memory } = this.setting.services
    let isHandedOver = false
    try {
      this.columns.expect(batch.schema)
      const sink = await this.opened(batch.schema)
      requireKeys(memory.views, batch, this.target.key, this.rows, this.path)
      const { numbered } = numberedRows(batch, ORDER, this.rows, this.setting.services)
      isHandedOver = true
      this.rows += batch.length
      await sink.write(numbered)
    } finally {
      if (!isHandedOver) releaseBatch(memory, batch)
    }
  }

  async finish(): Promise<ConsumerResult> {
    const known = this.sink === null ? ((await this.setting.schemaWithoutRows?.()) ?? null) : null
    if (known !== null) await this.opened(known)
    const { sink, schema } = this
    if (sink === null || schema === null) return { rows: 0, bytesWritten: 0, outputs: [] }
    try {
      await sink.finish()
      const result = await this.merged(schema)
      const { format, options } = this.target
      const run = { signal: this.setting.services.signal }
      const target = sinkTarget(format, this.path, options, true)
      const { bytesWritten } = await this.setting.services.runtime.sink(result.plan, target, run)
      return { rows: this.rows, bytesWritten, outputs: [this.path] }
    } finally {
      await rm(this.staging, { force: true })
    }
  }

  async abort(): Promise<void> {
    await this.sink?.abort()
    await rm(this.staging, { force: true })
  }

  private async opened(schema: Schema): Promise<Sink> {
    if (this.sink !== null) return this.sink
    checkKey(this.target.key, schema, this.path)
    this.schema = schema
    const numbered = schemaOf([...schema.fields, field(ORDER, INT64, false)])
    const target = sinkTarget('arrow', this.staging, {}, true)
    this.sink = await openSink(target, numbered, this.setting.services.run)
    return this.sink
  }

  private async merged(schema: Schema): Promise<Frame> {
    const { key } = this.target
    const fresh = this.frame(this.setting.services.scans.arrow(this.staging))
      .withColumns({
        [RECENCY]: rowNumber().over({ partitionBy: key.map(col), orderBy: { by: col(ORDER), descending: true } }),
      })
      .filter(col(RECENCY).eq(1))
    if (!existsSync(this.path)) return fresh.select(...schema.fields.map(({ name }) => col(name)))
    const old = this.frame(this.oldRows(schema))
    const { fields } = fromArrowSchema(await old.schema())
    const columns = fields.map(({ name, type }) => {
      const given = schema.fields.find((own) => own.name === name)
      if (given === undefined) throw this.differs(`the rows lack its column ${name}`)
      return typesEqual(given.type, type) ? col(name) : col(name).cast(typeName(type)).alias(name)
    })
    const extra = schema.fields.find(({ name }) => !fields.some((own) => own.name === name))
    if (extra !== undefined) throw this.differs(`it has no column ${extra.name} for that of the rows`)
    return old.join(fresh, { on: key.map(col), how: 'anti' }).union(fresh.select(...columns))
  }

  private frame(plan: LogicalPlan): Frame {
    return new Frame(plan, this.setting.services.runtime)
  }

  /** Texts are read as what is written into the file. */
  private oldRows(schema: Schema): LogicalPlan {
    const { scans } = this.setting.services
    const { format, options } = this.target
    const types = Object.fromEntries(schema.fields.map(({ name, type }) => [name, type]))
    switch (format) {
      case 'parquet':
        return scans.parquet(this.path, {})
      case 'arrow':
        return scans.arrow(this.path)
      case 'csv': {
        const { delimiter, quote, header, nullValue } = options as CsvSinkOptions
        const written = {
          ...(delimiter === undefined ? {} : { delimiter }),
          ...(quote === undefined ? {} : { quote }),
          ...(header === undefined ? {} : { header }),
          ...(nullValue === undefined ? {} : { nullStrings: [nullValue] }),
        }
        return scans.csv(this.path, { ...written, types })
      }
      case 'ndjson':
        return scans.ndjson(this.path, { types })
      default:
        return unreachable(format)
    }
  }

  private differs(how: string): VolleyError {
    return new VolleyError('VOLLEY_SCHEMA_MISMATCH', `${this.path}: ${how}`, { path: this.path })
  }
}

/** Throws VOLLEY_UNSUPPORTED for a directory, in whose files no rows are replaced. */
export function expectNoDirectory(path: string): void {
  if (!isDirectory(path)) return
  const message = `${path} is a directory: rows are replaced in a single file`
  throw new VolleyError('VOLLEY_UNSUPPORTED', message, { path })
}
