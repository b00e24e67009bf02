/** Parquet to Parquet: reading, changing and writing again, each alone and together. */

import type { RaceSuite } from '../../races/race.js'
import { partitioned } from './partition.js'
import { type Rewrite, rewriting } from './rewrite.js'

const WHERE = 'l_discount > 0.05'
const KEPT = ['l_orderkey', 'l_shipdate', 'l_quantity', 'l_extendedprice']
const STATUS = `status in ('shipped', 'delivered')`
const COMPUTED = '(l_extendedprice * (1 - l_discount))::decimal(18,4)'

const LINEITEM: Pick<Rewrite, 'sizes' | 'input'> = {
  sizes: ['small', 'medium', 'large'],
  input: async (tables) => (await tables.tpch()).lineitem,
}

const REWRITES: readonly Rewrite[] = [
  {
    name: 'copy',
    title: 'all rows, all 16 columns',
    ...LINEITEM,
    compression: 'snappy',
    duckdb: (lineitem) => `from ${lineitem}`,
    volley: (lineitem) => lineitem,
    polars: (_, lineitem) => lineitem,
  },
  {
    name: 'recompress',
    title: 'all rows, all 16 columns, from Snappy to Zstandard',
    ...LINEITEM,
    compression: 'zstd',
    duckdb: (lineitem) => `from ${lineitem}`,
    volley: (lineitem) => lineitem,
    polars: (_, lineitem) => lineitem,
  },
  {
    name: 'filter',
    title: 'some rows, all 16 columns',
    ...LINEITEM,
    compression: 'snappy',
    duckdb: (lineitem) => `from ${lineitem} where ${WHERE}`,
    volley: (lineitem) => lineitem.filter(WHERE),
    polars: ({ pl, decimal }, lineitem) => lineitem.filter(pl.col('l_discount').gt(decimal('0.05'))),
  },
  {
    name: 'project',
    title: 'all rows, 4 columns',
    ...LINEITEM,
    compression: 'snappy',
    duckdb: (lineitem) => `select ${KEPT.join(', ')} from ${lineitem}`,
    volley: (lineitem) => lineitem.select(...KEPT),
    polars: (_, lineitem) => lineitem.select(...KEPT),
  },
  {
    name: 'compute',
    title: 'some rows, 5 columns, one of them computed',
    ...LINEITEM,
    compression: 'snappy',
    duckdb: (lineitem) => `select ${KEPT.join(', ')}, ${COMPUTED} as revenue from ${lineitem} where ${WHERE}`,
    volley: (lineitem) => lineitem.filter(WHERE).select(...KEPT, `${COMPUTED} as revenue`),
    polars: ({ pl, decimal }, lineitem) =>
      lineitem.filter(pl.col('l_discount').gt(decimal('0.05'))).select(
        ...KEPT.map((name) => pl.col(name)),
        pl
          .col('l_extendedprice')
          // A product takes the larger scale of its operands: the cast keeps it exact.
          .cast(pl.Decimal(18, 4))
          .mul(decimal('1').sub(pl.col('l_discount')))
          .cast(pl.Decimal(18, 4))
          .alias('revenue'),
      ),
  },
  {
    name: 'nested',
    title: 'some rows with nested columns, long texts and times',
    sizes: ['small', 'medium'],
    input: (tables) => tables.complex(),
    compression: 'snappy',
    duckdb: (complex) => `from ${complex} where ${STATUS}`,
    volley: (complex) => complex.filter(STATUS),
    polars: ({ pl }, complex) => complex.filter(pl.col('status').isIn(['shipped', 'delivered'])),
  },
]

export const transform: RaceSuite = {
  name: 'transform',
  title: 'Parquet to Parquet',
  conditions: [
    'A run reads a Parquet file that is compressed with Snappy, in row groups of 122,880 rows, and writes another, in row groups of the same size and compressed with Snappy unless said otherwise. Both are in the cache of the operating system: nothing is forced to the disk.',
    'The outputs of all engines have the same rows, in whatever order.',
  ],
  races: [...REWRITES.map(rewriting), partitioned],
  quick: ['filter', 'compute', 'partition'],
}
