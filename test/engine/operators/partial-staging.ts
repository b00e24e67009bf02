/** Tables of exported and of raw rows, in DuckDB and beside it. */

import type { DuckDbHost } from '../../../engine/duckdb/host.js'
import { releaseBatch, releaseVector } from '../../../engine/kernels/vectors.js'
import { exportPartials, partialSchema } from '../../../engine/operators/aggregate/partials.js'
import type { AggregateDescriptor, AggregateState } from '../../../engine/operators/aggregate.js'
import type { Batch } from '../../../io/batch.js'
import { mergePartialsSql } from '../../../planner/duckdb-sql/merge-aggregates.js'
import { rawPartialsSql } from '../../../planner/duckdb-sql/raw-partials.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { field, INT64, schemaOf } from '../../../planner/types.js'
import { expect } from '../../support/jest.js'
import type { Scenario } from './partial-scenario.js'
import { type Column, columnVector, type TestContext, valuesOf } from './tables.js'

const OWNER = 5

export class Staging {
  private isRaw = false
  private readonly exported: Batch[] = []

  private constructor(
    private readonly host: DuckDbHost,
    private readonly context: TestContext,
    private readonly descriptor: AggregateDescriptor,
    private readonly columns: readonly Column[],
  ) {}

  static async create(
    host: DuckDbHost,
    context: TestContext,
    descriptor: AggregateDescriptor,
    columns: readonly Column[],
  ): Promise<Staging> {
    const { fields } = partialSchema(descriptor)
    await host.createTable('staged', schemaOf(fields.map(({ type }, i) => field(`c${i}`, type))))
    const input = columns.map(({ name, type }) => field(name, type))
    await host.createTable('raw', schemaOf([...input, field('position', INT64)]))
    return new Staging(host, context, descriptor, columns)
  }

  async addRaw(start: number, length: number): Promise<void> {
    this.isRaw = true
    const position = Array.from({ length }, (_, row) => BigInt(start + row))
    const vectors = [
      ...this.columns.map((one) => ({ ...one, values: one.values.slice(start, start + length) })),
      { name: 'position', type: INT64, values: position },
    ].map((one) => columnVector(this.context, one))
    await this.host.append('raw', { schema: schemaOf([]), length, columns: vectors })
    for (const one of vectors) releaseVector(this.context, one)
  }

  /** Exports a state and releases it. */
  async move(state: AggregateState, partitions: number): Promise<void> {
    const schema = partialSchema(this.descriptor)
    for (let partition = 0; partition < partitions; partition++) {
      for (const batch of exportPartials(this.context, this.descriptor, state.address, partition, partitions)) {
        expect(batch.schema).toEqual(schema)
        await this.host.append('staged', batch)
        this.exported.push(batch)
      }
      this.context.resetScratch()
    }
    state.release()
  }

  /** Has a state take what was exported, the last first. */
  giveTo(state: AggregateState): void {
    for (const batch of this.exported.splice(0).reverse()) {
      state.addPartials(batch)
      releaseBatch(this.context, batch)
      this.context.resetScratch()
    }
  }

  async merge({ keys, specs }: Scenario): Promise<ScalarValue[][]> {
    const raw = rawPartialsSql(this.descriptor, {
      keys,
      arguments: specs.map(({ argument }) => argument),
      filters: specs.map(({ filter }) => filter ?? null),
      position: 'position',
      from: 'raw',
    })
    const from = this.isRaw ? `(FROM staged UNION ALL ${raw})` : 'staged'
    try {
      const rows: ScalarValue[][] = []
      const sql = mergePartialsSql(this.descriptor, from)
      for await (const batch of this.host.query(sql, this.descriptor.schema, { owner: OWNER }))
        rows.push(...takenRows(this.context, batch))
      return rows
    } finally {
      await this.host.dropTable('staged')
      await this.host.dropTable('raw')
    }
  }
}

/** The rows of a batch, which is released. */
export function takenRows(context: TestContext, batch: Batch): ScalarValue[][] {
  const columns = batch.columns.map((one) => valuesOf(context, one))
  releaseBatch(context, batch)
  return Array.from({ length: batch.length }, (_, row) => columns.map((values) => values[row]))
}
