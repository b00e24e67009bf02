/** Parquet to Parquet: the rows with a discount above 5 %, with all columns, or with five of which one is computed. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { contestant, type EngineName, type Suite } from '../contest.js'

const ROW_GROUP_SIZE = 122_880
const WHERE = 'l_discount > 0.05'
const KEPT = ['l_orderkey', 'l_shipdate', 'l_quantity', 'l_extendedprice']
const COMPUTED = 'l_extendedprice * (1 - l_discount)'

export const transformAll: Suite = {
  name: 'transform-all',
  title: 'Parquet to Parquet, filter, all 16 columns',
  prepare: async (field) => {
    const { volley, duckdb, polars, files } = field
    const output = (engine: EngineName): string => join(field.outputs, `${engine}.parquet`)
    return [
      contestant(
        'volley',
        () =>
          volley.engine
            .scanParquet(files.lineitem)
            .filter(WHERE)
            .sinkParquet(output('volley'), { compression: 'snappy', overwrite: true }),
        () => duckdb.fingerprint(output('volley')),
      ),
      contestant(
        'duckdb',
        () => duckdb.query(copy(`select * from '${files.lineitem}' where ${WHERE}`, output('duckdb'))),
        () => duckdb.fingerprint(output('duckdb')),
      ),
      contestant(
        'polars',
        async () => {
          await rm(output('polars'), { force: true })
          await polars.pl
            .scanParquet(files.lineitem)
            .filter(polars.pl.col('l_discount').gt(polars.decimal('0.05')))
            .sinkParquet(output('polars'), { compression: 'snappy', rowGroupSize: ROW_GROUP_SIZE })
            .collect()
        },
        () => duckdb.fingerprint(output('polars')),
      ),
    ]
  },
}

export const transformFive: Suite = {
  name: 'transform-five',
  title: 'Parquet to Parquet, filter, 5 columns, one computed',
  prepare: async (field) => {
    const { volley, duckdb, polars, files } = field
    const { pl, decimal } = polars
    const output = (engine: EngineName): string => join(field.outputs, `${engine}.parquet`)
    return [
      contestant(
        'volley',
        () =>
          volley.engine
            .scanParquet(files.lineitem)
            .filter(WHERE)
            .select(...KEPT, `(${COMPUTED})::decimal(18,4) as revenue`)
            .sinkParquet(output('volley'), { compression: 'snappy', overwrite: true }),
        () => duckdb.fingerprint(output('volley')),
      ),
      contestant(
        'duckdb',
        () =>
          duckdb.query(
            copy(
              `select ${KEPT.join(', ')}, (${COMPUTED})::decimal(18,4) as revenue from '${files.lineitem}' where ${WHERE}`,
              output('duckdb'),
            ),
          ),
        () => duckdb.fingerprint(output('duckdb')),
      ),
      contestant(
        'polars',
        async () => {
          await rm(output('polars'), { force: true })
          await pl
            .scanParquet(files.lineitem)
            .filter(pl.col('l_discount').gt(decimal('0.05')))
            .select(
              ...KEPT.map((name) => pl.col(name)),
              pl
                .col('l_extendedprice')
                .cast(pl.Decimal(18, 4))
                .mul(decimal('1').sub(pl.col('l_discount')))
                .cast(pl.Decimal(18, 4))
                .alias('revenue'),
            )
            .sinkParquet(output('polars'), { compression: 'snappy', rowGroupSize: ROW_GROUP_SIZE })
            .collect()
        },
        () => duckdb.fingerprint(output('polars')),
      ),
    ]
  },
}

function copy(query: string, path: string): string {
  return `copy (${query}) to '${path}' (format parquet, compression snappy, row_group_size ${ROW_GROUP_SIZE})`
}
