/** A table of nested columns, long texts with nulls, times and wide decimals. */

import type { Table } from 'apache-arrow'
import { type Answer, numberCell } from '../../answers.js'
import { duckDbAnswer } from '../../engines/duckdb.js'
import { polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Race } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'

const NESTED = ['position', 'tags', 'items']

/** What a row has of the nested columns, as apache-arrow and hyparquet show it alike. */
interface NestedRow {
  readonly position: { readonly latitude: number } | null | undefined
  readonly tags: Iterable<string> | null | undefined
  readonly items: Iterable<{ readonly quantity: number }> | null | undefined
}

/** Looks into every value: rows, positions, the sum of their latitudes, and lengths and quantities of the lists. */
class NestedTotals {
  private rows = 0
  private positions = 0
  private latitudes = 0
  private characters = 0
  private quantities = 0

  add({ position, tags, items }: NestedRow): void {
    this.rows++
    if (position) {
      this.positions++
      this.latitudes += position.latitude
    }
    for (const tag of tags ?? []) this.characters += tag.length
    for (const { quantity } of items ?? []) this.quantities += quantity
  }

  answer(): Answer {
    return [[this.rows, this.positions, this.latitudes, this.characters, this.quantities].map(numberCell)]
  }
}

function arrowAnswer(tables: readonly Table[]): Answer {
  const totals = new NestedTotals()
  for (const table of tables) {
    const [positions, tags, items] = NESTED.map((name) => table.getChild(name)!)
    for (let row = 0; row < table.numRows; row++) {
      totals.add({ position: positions.get(row), tags: tags.get(row), items: items.get(row) })
    }
  }
  return totals.answer()
}

/** Columns by name, in chunks of any length. */
function columnsAnswer(chunks: ReadonlyMap<string, readonly ArrayLike<unknown>[]>): Answer {
  const [positions, tags, items] = NESTED.map((name) => chunks.get(name)!.flatMap((chunk) => Array.from(chunk)))
  const totals = new NestedTotals()
  for (let row = 0; row < positions.length; row++) {
    totals.add({ position: positions[row], tags: tags[row], items: items[row] } as NestedRow)
  }
  return totals.answer()
}

/** Nothing in the file is small enough to be held many times over in the largest size. */
const SIZES = ['small', 'medium'] as const

export const nested: Race = {
  name: 'nested',
  title: 'Parquet, three nested columns (struct, list, list of structs) into memory',
  sizes: SIZES,
  engines: {
    volley: async ({ volley, tables }) => {
      const [{ engine }, path] = [await volley(), await tables.complex()]
      return contestant(
        () =>
          engine
            .scanParquet(path)
            .select(...NESTED)
            .collect(),
        async (table) => arrowAnswer([table]),
      )
    },
    duckdb: async ({ duckdb, tables }) => {
      const [{ query }, path] = [await duckdb(), await tables.complex()]
      return contestant(
        () => query(`create or replace table nested as select ${NESTED.join(', ')} from ${sqlText(path)}`),
        async () =>
          duckDbAnswer(
            await query(`select count(*), count(position), sum(position.latitude),
              sum(list_sum(list_transform(tags, lambda tag: length(tag)))),
              sum(list_sum(list_transform(items, lambda item: item.quantity))) from nested`),
          ),
        async () => {
          await query('drop table nested')
        },
      )
    },
    polars: async ({ polars, tables }) => {
      const [engine, path] = [await polars(), await tables.complex()]
      const { pl } = engine
      return contestant(
        () =>
          pl
            .scanParquet(path)
            .select(...NESTED)
            .collect(),
        async (data) =>
          polarsAnswer(
            engine,
            data.select(
              pl.len().alias('lines'),
              pl.col('position').isNotNull().sum().alias('positions'),
              pl.col('position').struct.field('latitude').sum().alias('latitudes'),
              pl.col('tags').explode().str.lengths().cast(pl.Int64).sum().alias('characters'),
              pl.col('items').explode().struct.field('quantity').sum().alias('quantities'),
            ),
          ),
      )
    },
    'parquet-wasm': async ({ parquetWasm, tables }) => {
      const [engine, path] = [await parquetWasm(), await tables.complex()]
      return contestant(
        async () => {
          const groups: Table[] = []
          for await (const group of engine.read(path, NESTED)) groups.push(group)
          return groups
        },
        async (groups) => arrowAnswer(groups),
      )
    },
    hyparquet: async ({ hyparquet, tables }) => {
      const [engine, path] = [await hyparquet(), await tables.complex()]
      return contestant(
        async () => {
          const chunks = new Map<string, ArrayLike<unknown>[]>(NESTED.map((name) => [name, []]))
          await engine.read(path, NESTED, ({ column, values }) => chunks.get(column)!.push(values))
          return chunks
        },
        async (chunks) => columnsAnswer(chunks),
      )
    },
  },
}

/** Years and not the times themselves, whose texts differ from engine to engine. */
const MIXED: Readonly<Record<string, string>> = {
  lines: 'count(*)',
  depots: 'count(distinct depot)',
  notes: 'count(note)',
  note_characters: 'sum(length(note))',
  ordered: 'sum(year(ordered_at))',
  delivered: 'sum(year(delivered_at))',
  price: 'sum(price)',
  balance: 'sum(balance)',
  ratio: 'sum(ratio)',
  insured: 'count(*) filter (where insured)',
}

export const mixed: Race = {
  name: 'texts-and-times',
  title: 'Parquet, long texts, nulls, times, wide decimals',
  sizes: SIZES,
  engines: {
    volley: async ({ volley, tables }) => {
      const [{ engine }, path] = [await volley(), await tables.complex()]
      return contestant(
        () => engine.scanParquet(path).groupBy().agg(MIXED).collect(),
        async (table) => volleyAnswer(table),
      )
    },
    duckdb: async ({ duckdb, tables }) => {
      const [{ query }, path] = [await duckdb(), await tables.complex()]
      return contestant(
        () => query(`select ${Object.values(MIXED).join(', ')} from ${sqlText(path)}`),
        async (rows) => duckDbAnswer(rows),
      )
    },
    polars: async ({ polars, tables }) => {
      const [engine, path] = [await polars(), await tables.complex()]
      const { pl } = engine
      return contestant(
        () =>
          pl
            .scanParquet(path)
            .select(
              pl.len().alias('lines'),
              pl.col('depot').nUnique().alias('depots'),
              pl.col('note').isNotNull().sum().alias('notes'),
              pl.col('note').str.lengths().cast(pl.Int64).sum().alias('note_characters'),
              pl.col('ordered_at').dt.year().cast(pl.Int64).sum().alias('ordered'),
              pl.col('delivered_at').dt.year().cast(pl.Int64).sum().alias('delivered'),
              pl.col('price').sum(),
              pl.col('balance').sum(),
              pl.col('ratio').sum(),
              pl.col('insured').sum(),
            )
            .collect(),
        async (data) => polarsAnswer(engine, data),
      )
    },
  },
}
