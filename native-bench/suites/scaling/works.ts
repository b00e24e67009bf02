/** The works of the scaling suite: the same SQL for both engines, over files of any number of rows. */

import { join } from 'node:path'
import type { TpchFiles } from '../../../data-fixtures/bench-tables.js'
import { duckDbAnswer } from '../../engines/duckdb.js'
import { volleyAnswer } from '../../engines/volley.js'
import type { Engines } from '../../races/field.js'
import { type Contestant, contestant } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'

export interface ScalingWork {
  readonly name: string
  /** One line. */
  readonly title: string
  /** A query whose rows are few, or those that go to a Parquet file. */
  readonly query: (files: TpchFiles) => string
  readonly writes: boolean
}

export const SCALING_WORKS: readonly ScalingWork[] = [
  {
    name: 'scan',
    title: 'Scan, filter and sum (TPC-H Q6)',
    query: ({ lineitem }) => `select sum(l_extendedprice * l_discount) as revenue from ${sqlText(lineitem)}
      where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
        and l_discount between 0.05 and 0.07 and l_quantity < 24`,
    writes: false,
  },
  {
    name: 'groupby',
    title: 'Group by order, a group for every four rows, and sum up the groups',
    query: ({ lineitem }) => `select count(*) as groups, max(total) as largest, sum(lines) as lines from (
        select l_orderkey, sum(l_quantity) as total, count(*) as lines from ${sqlText(lineitem)} group by l_orderkey)`,
    writes: false,
  },
  {
    name: 'transform',
    title: 'Filter, four columns and a computed one, Parquet to Parquet',
    query: ({ lineitem }) => `select l_orderkey, l_shipdate, l_quantity, l_extendedprice,
        (l_extendedprice * (1 - l_discount))::decimal(18,4) as revenue
      from ${sqlText(lineitem)} where l_discount > 0.05`,
    writes: true,
  },
  {
    name: 'join',
    title: 'Join the lines with a third of their orders, sum up by priority',
    query: ({ lineitem, orders }) => `select o_orderpriority, count(*) as lines, sum(l_extendedprice) as price
      from ${sqlText(lineitem)} join ${sqlText(orders)} on l_orderkey = o_orderkey
      where o_orderdate < date '1994-06-01' group by o_orderpriority order by o_orderpriority`,
    writes: false,
  },
]

const ROW_GROUP_SIZE = 122_880

/** `outputs` is a directory for what is written. */
export type Prepare = (work: ScalingWork, files: TpchFiles, engines: Engines, outputs: string) => Promise<Contestant>

export const SCALING_ENGINES: Readonly<Record<'volley' | 'duckdb', Prepare>> = {
  volley: async ({ query, writes }, files, engines, outputs) => {
    const { engine } = await engines.volley()
    const text = query(files)
    if (!writes)
      return contestant(
        () => engine.sql(text).collect(),
        async (table) => volleyAnswer(table),
      )
    const output = join(outputs, 'volley.parquet')
    const options = { compression: 'snappy', rowGroupSize: ROW_GROUP_SIZE, overwrite: true } as const
    return contestant(
      () => engine.sql(text).sinkParquet(output, options),
      async () => (await engines.duckdb()).fingerprint(output),
    )
  },
  duckdb: async ({ query, writes }, files, engines, outputs) => {
    const duckdb = await engines.duckdb()
    const text = query(files)
    if (!writes)
      return contestant(
        () => duckdb.query(text),
        async (rows) => duckDbAnswer(rows),
      )
    const output = join(outputs, 'duckdb.parquet')
    const options = `format parquet, compression snappy, row_group_size ${ROW_GROUP_SIZE}`
    return contestant(
      () => duckdb.query(`copy (${text}) to ${sqlText(output)} (${options})`),
      () => duckdb.fingerprint(output),
    )
  },
}
