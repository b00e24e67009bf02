/** Races over tables that every engine has loaded before, into a result that stays in its memory. */

import { arqueroAnswer } from '../../engines/arquero.js'
import { duckDbAnswer } from '../../engines/duckdb.js'
import { polarsAnswer } from '../../engines/polars.js'
import { loadRecords, recordsAnswer } from '../../engines/records.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Entrant, type Race } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'
import { loopedSums, polarsSums, sortedRows, sqlSums } from './comparison.js'
import type { Tables, Work } from './work.js'

const NOT_WAITED_FOR =
  'takes minutes to load so many rows into JavaScript values, and gigabytes for the longest questions'

/** At size large among the engines that store columns of bytes alone. */
export function memoryRaces<Row extends object>(suite: string, work: Work<Row>): Race[] {
  const { name, title } = work
  const columnar = { volley: volleyEntrant(work), duckdb: duckdbEntrant(suite, work), polars: polarsEntrant(work) }
  const values = { arquero: arqueroEntrant(work), records: recordsEntrant(work) }
  const race: Race = { name, title, sizes: ['small', 'medium'], engines: { ...columnar, ...values } }
  if (work.isHuge) return [race]
  return [
    race,
    { ...race, sizes: ['large'], engines: { ...columnar, arquero: NOT_WAITED_FOR, records: NOT_WAITED_FOR } },
  ]
}

function volleyEntrant<Row extends object>({ volley, files, comparison }: Work<Row>): Entrant {
  return async (field) => {
    const { engine } = await field.volley()
    // One frame for all runs: it takes the table into the engine's memory once, as DuckDB's table is made once.
    const tables = await eachTable(await files(field.tables), async ({ path, columns }) =>
      engine.fromArrow(
        await engine
          .scanParquet(path)
          .select(...columns)
          .collect(),
      ),
    )
    return contestant(
      () => volley(tables).collect(),
      async (result) => {
        if (comparison === 'rows') return sortedRows(volleyAnswer(result))
        const sums = Object.fromEntries(sqlSums(comparison).map((sum, i) => [`sum${i}`, sum]))
        return volleyAnswer(await engine.fromArrow(result).groupBy().agg(sums).collect())
      },
    )
  }
}

function duckdbEntrant<Row extends object>(suite: string, { name, sql, files, comparison }: Work<Row>): Entrant {
  return async (field) => {
    const { query } = await field.duckdb()
    const result = `${suite}_${name}_result`
    const tables = await eachTable(await files(field.tables), async ({ path, columns }, table) => {
      const loaded = `${suite}_${name}_${table}`
      await query(`create or replace temp table ${loaded} as select ${columns.join(', ')} from ${sqlText(path)}`)
      return loaded
    })
    return contestant(
      () => query(`create or replace temp table ${result} as ${sql(tables)}`),
      async () => {
        if (comparison === 'rows') return sortedRows(duckDbAnswer(await query(`from ${result}`)))
        return duckDbAnswer(await query(`select ${sqlSums(comparison).join(', ')} from ${result}`))
      },
      async () => {
        for (const table of [result, ...Object.values(tables)]) await query(`drop table if exists ${table}`)
      },
    )
  }
}

function polarsEntrant<Row extends object>({ polars, files, comparison }: Work<Row>): Entrant {
  return async (field) => {
    const engine = await field.polars()
    const loaded = await eachTable(await files(field.tables), ({ path, columns }) =>
      engine.pl
        .scanParquet(path)
        .select(...columns)
        .collect(),
    )
    return contestant(
      async () => polars(await eachTable(loaded, async (data) => data.lazy()), engine).collect(),
      async (result) => {
        if (comparison === 'rows') return sortedRows(polarsAnswer(engine, result))
        return polarsAnswer(engine, result.select(...polarsSums(engine, comparison)))
      },
    )
  }
}

function arqueroEntrant<Row extends object>({ arquero, files, comparison }: Work<Row>): Entrant {
  return async (field) => {
    const engine = await field.arquero()
    const tables = await eachTable(await files(field.tables), ({ path, columns }) => engine.load(path, columns))
    return contestant(
      async () => arquero(tables, engine),
      async (result) => {
        if (comparison === 'rows') return sortedRows(arqueroAnswer(result))
        const rows = result.numRows()
        return loopedSums(comparison, rows, (row, name) => result.get(name, row))
      },
    )
  }
}

function recordsEntrant<Row extends object>({ records, files, columns: names, comparison }: Work<Row>): Entrant {
  return async (field) => {
    const tables = await eachTable(await files(field.tables), ({ path, columns }) => loadRecords<Row>(path, columns))
    return contestant(
      async () => records(tables) as readonly Readonly<Record<string, unknown>>[],
      async (result) => {
        if (comparison === 'rows') return sortedRows(recordsAnswer(result, names))
        return loopedSums(comparison, result.length, (row, name) => result[row][name])
      },
    )
  }
}

async function eachTable<From, To>(
  tables: Tables<From>,
  load: (table: From, name: string) => Promise<To>,
): Promise<Tables<To>> {
  const loaded: Record<string, To> = {}
  for (const [name, table] of Object.entries(tables)) loaded[name] = await load(table, name)
  return loaded
}
