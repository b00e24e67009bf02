/** A race of lineitem into one Parquet file. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Frame } from '../../../index.js'
import type { PolarsEngine, PolarsFrame } from '../../engines/polars.js'
import type { Field } from '../../races/field.js'
import { contestant, type EngineName, type Race } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'

export const ROW_GROUP_SIZE = 122_880

export interface Rewrite {
  readonly name: string
  /** What becomes of rows and columns. */
  readonly title: string
  readonly compression: 'snappy' | 'zstd'
  readonly duckdb: (lineitem: string) => string
  readonly volley: (lineitem: Frame) => Frame
  readonly polars: (engine: PolarsEngine, lineitem: PolarsFrame) => PolarsFrame
}

export function rewriting({ name, title, compression, ...rewrite }: Rewrite): Race {
  const output = ({ outputs, size }: Field, engine: EngineName): string =>
    join(outputs, `${name}-${size}-${engine}.parquet`)
  return {
    name,
    title: `Parquet to Parquet, ${title}`,
    sizes: ['small', 'medium', 'large'],
    engines: {
      volley: async (field) => {
        const [{ engine }, { lineitem }] = [await field.volley(), await field.tables.tpch()]
        const path = output(field, 'volley')
        return contestant(
          () =>
            rewrite
              .volley(engine.scanParquet(lineitem))
              .sinkParquet(path, { compression, rowGroupSize: ROW_GROUP_SIZE, overwrite: true }),
          async () => (await field.duckdb()).fingerprint(path),
          () => rm(path, { force: true }),
        )
      },
      duckdb: async (field) => {
        const [{ query, fingerprint }, { lineitem }] = [await field.duckdb(), await field.tables.tpch()]
        const path = output(field, 'duckdb')
        return contestant(
          () =>
            query(`copy (${rewrite.duckdb(sqlText(lineitem))}) to ${sqlText(path)}
              (format parquet, compression ${compression}, row_group_size ${ROW_GROUP_SIZE})`),
          () => fingerprint(path),
          () => rm(path, { force: true }),
        )
      },
      polars: async (field) => {
        const [engine, { lineitem }] = [await field.polars(), await field.tables.tpch()]
        const path = output(field, 'polars')
        return contestant(
          async () => {
            await rm(path, { force: true })
            await rewrite
              .polars(engine, engine.pl.scanParquet(lineitem))
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
