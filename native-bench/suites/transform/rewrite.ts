/** A race of one Parquet file into another. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchTables } from '../../../data-fixtures/bench-tables.js'
import type { Frame } from '../../../index.js'
import type { PolarsEngine, PolarsFrame } from '../../engines/polars.js'
import type { Field } from '../../races/field.js'
import { contestant, type EngineName, type Race, type SizeName } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'

export const ROW_GROUP_SIZE = 122_880

export interface Rewrite {
  readonly name: string
  /** What becomes of rows and columns. */
  readonly title: string
  readonly sizes: readonly SizeName[]
  readonly input: (tables: BenchTables) => Promise<string>
  readonly compression: 'snappy' | 'zstd'
  readonly duckdb: (input: string) => string
  readonly volley: (input: Frame) => Frame
  readonly polars: (engine: PolarsEngine, input: PolarsFrame) => PolarsFrame
}

export function rewriting({ name, title, sizes, input, compression, ...rewrite }: Rewrite): Race {
  const output = ({ outputs, size }: Field, engine: EngineName): string =>
    join(outputs, `${name}-${size}-${engine}.parquet`)
  return {
    name,
    title: `Parquet to Parquet, ${title}`,
    sizes,
    engines: {
      volley: async (field) => {
        const [{ engine }, source] = [await field.volley(), await input(field.tables)]
        const path = output(field, 'volley')
        return contestant(
          () =>
            rewrite
              .volley(engine.scanParquet(source))
              .sinkParquet(path, { compression, rowGroupSize: ROW_GROUP_SIZE, overwrite: true }),
          async () => (await field.duckdb()).fingerprint(path),
          () => rm(path, { force: true }),
        )
      },
      duckdb: async (field) => {
        const [{ query, fingerprint }, source] = [await field.duckdb(), await input(field.tables)]
        const path = output(field, 'duckdb')
        return contestant(
          () =>
            query(`copy (${rewrite.duckdb(sqlText(source))}) to ${sqlText(path)}
              (format parquet, compression ${compression}, row_group_size ${ROW_GROUP_SIZE})`),
          () => fingerprint(path),
          () => rm(path, { force: true }),
        )
      },
      polars: async (field) => {
        const [engine, source] = [await field.polars(), await input(field.tables)]
        const path = output(field, 'polars')
        return contestant(
          async () => {
            await rm(path, { force: true })
            await rewrite
              .polars(engine, engine.pl.scanParquet(source))
              .sinkParquet(path, { compression, rowGroupSize: ROW_GROUP_SIZE })
              .collect()
          },
          async () => (await field.duckdb()).fingerprint(path),
          () => rm(path, { force: true }),
        )
      },
    },
  }
}
