/** Groups as rows of a table in DuckDB, which reads the rest of the input where it can, and merges all at the end. */

import { mergePartialsSql } from '../../../planner/duckdb-sql/merge-aggregates.js'
import { partialSchema } from '../../../planner/duckdb-sql/partial-form.js'
import { rawPartialsSql } from '../../../planner/duckdb-sql/raw-partials.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { exportPartials } from '../../operators/aggregate/partials.js'
import { AggregateState } from '../../operators/aggregate.js'
import type { OperatorHandle, Run } from '../../run.js'
import type { ChainEnd } from '../../workers/messages.js'
import { isSql, SqlSteps, sqlOverColumns } from '../bigdata/rest.js'
import { StagedRows } from '../bigdata/staged-rows.js'
import type { BreakerRows } from '../pipeline.js'
import type { MorselFeed } from './feed.js'
import type { GroupStore } from './group-store.js'
import type { Prepared } from './work.js'

type AggregateEnd = Extract<ChainEnd, { kind: 'aggregate' }>
type RestSql = (feed: MorselFeed) => Promise<string | null>

/** Bytes of a state that are exported at a time: for a while there are twice as many. */
const EXPORT_BYTES = 8 << 20

/** Rows that DuckDB reads itself come after all that were grouped here. */
const REST_POSITION = 2n ** 62n

export class StagedGroups implements GroupStore {
  private rest: string | null = null

  private constructor(
    private readonly operator: OperatorHandle,
    private readonly end: AggregateEnd,
    private readonly rows: StagedRows,
    private readonly restSql: RestSql | null,
  ) {}

  static async create(
    run: Run,
    operator: OperatorHandle,
    end: AggregateEnd,
    prepared: Prepared,
  ): Promise<StagedGroups> {
    const restSql = restOf(run, prepared, end)
    if (restSql !== null) await run.releaseWorkers()
    return new StagedGroups(operator, end, await StagedRows.createNamed(run, partialSchema(end.descriptor)), restSql)
  }

  async addStates(states: readonly number[]): Promise<void> {
    const { operator, rows } = this
    const { descriptor } = this.end
    const before = rows.bytes
    for (const address of states) {
      const state = AggregateState.attach(operator.context, descriptor, address)
      const partitions = Math.max(1, Math.ceil(state.bytes / EXPORT_BYTES))
      for (let partition = 0; partition < partitions; partition++) {
        // Here and not in a worker, whose memory DuckDB may need.
        for (const batch of exportPartials(operator.context, descriptor, address, partition, partitions)) {
          await rows.append(batch)
        }
        operator.context.resetScratch()
      }
    }
    operator.span.spilled(rows.bytes - before)
  }

  async addRest(feed: MorselFeed): Promise<void> {
    if (this.restSql !== null) this.rest = await this.restSql(feed)
  }

  results(): BreakerRows {
    const { rest, rows } = this
    // The larger part comes first: with few rows before many, DuckDB's grouping does not spill in time (1.5.6).
    const partials = rest === null ? rows.table : `(${rest} UNION ALL SELECT * FROM ${rows.table})`
    return { kind: 'query', sql: mergePartialsSql(this.end.descriptor, partials), tables: [rows] }
  }

  async release(): Promise<void> {
    this.rows.drop()
  }
}

/** Writes what is left of a feed as partial groups; null if the workers have to do it. */
function restOf(
  run: Run,
  { source, steps }: Prepared,
  { descriptor, keys, arguments: inputs, filters }: AggregateEnd,
): RestSql | null {
  const sqlSteps = SqlSteps.of(run, source, steps)
  const computed = [...keys, ...inputs, ...filters].filter((expression) => expression !== null)
  if (sqlSteps === null || !isSql(() => computed.map(sqlOverColumns))) return null
  const written = (expression: TypedExpression | null) => (expression === null ? null : sqlOverColumns(expression))
  return async (feed) => {
    const rest = await sqlSteps.rest(feed, run)
    if (rest === null) return null
    return rawPartialsSql(descriptor, {
      keys: keys.map(sqlOverColumns),
      arguments: inputs.map(written),
      filters: filters.map(written),
      position: `(${REST_POSITION} + p0)`,
      from: `(${rest})`,
    })
  }
}
