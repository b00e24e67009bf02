/** A race of lineitem into a directory with a folder for each mode of shipping: `l_shipmode=AIR/`. */

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Field } from '../../races/field.js'
import { contestant, type EngineName, type Race } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'
import { ROW_GROUP_SIZE } from './rewrite.js'

const KEY = 'l_shipmode'

function output({ outputs, size }: Field, engine: EngineName): string {
  return join(outputs, `partition-${size}-${engine}`)
}

/** Of the files of a directory, with the column that their folders tell. */
async function fingerprint(field: Field, directory: string) {
  return (await field.duckdb()).fingerprint(join(directory, '*', '*.parquet'))
}

export const partitioned: Race = {
  name: 'partition',
  title: 'Parquet to a directory of Parquet files, by a column with 7 values',
  sizes: ['small', 'medium', 'large'],
  engines: {
    volley: async (field) => {
      const [{ engine }, { lineitem }] = [await field.volley(), await field.tables.tpch()]
      const directory = output(field, 'volley')
      return contestant(
        () =>
          engine.scanParquet(lineitem).sinkParquet(directory, {
            compression: 'snappy',
            rowGroupSize: ROW_GROUP_SIZE,
            partitionBy: [KEY],
            overwrite: true,
          }),
        () => fingerprint(field, directory),
        () => rm(directory, { recursive: true, force: true }),
      )
    },
    duckdb: async (field) => {
      const [{ query }, { lineitem }] = [await field.duckdb(), await field.tables.tpch()]
      const directory = output(field, 'duckdb')
      return contestant(
        () =>
          query(`copy (from ${sqlText(lineitem)}) to ${sqlText(directory)} (format parquet, compression snappy,
            row_group_size ${ROW_GROUP_SIZE}, partition_by (${KEY}), overwrite true)`),
        () => fingerprint(field, directory),
        () => rm(directory, { recursive: true, force: true }),
      )
    },
    // Its lazy sinks write no partitions.
    polars: async (field) => {
      const [{ pl }, { lineitem }] = [await field.polars(), await field.tables.tpch()]
      const directory = output(field, 'polars')
      return contestant(
        async () => {
          await rm(directory, { recursive: true, force: true })
          const data = await pl.scanParquet(lineitem).collect()
          for (const part of data.partitionBy(KEY, false, true)) {
            const folder = join(directory, `${KEY}=${part.getColumn(KEY).get(0)}`)
            await mkdir(folder, { recursive: true })
            await part
              .lazy()
              .drop(KEY)
              .sinkParquet(join(folder, 'part.parquet'), { compression: 'snappy', rowGroupSize: ROW_GROUP_SIZE })
              .collect()
          }
        },
        () => fingerprint(field, directory),
        () => rm(directory, { recursive: true, force: true }),
      )
    },
  },
}
