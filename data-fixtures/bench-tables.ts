/** The files that benchmarks read, at a number of rows: each is made when it is first asked for, and kept. */

export interface BenchTables {
  /** Rows of lineitem, of the group-by table, of the join's left side, and of the complex table. */
  readonly rows: number
  /** Parquet files of the eight tables after TPC-H, with about `rows` rows of lineitem. */
  readonly tpch: () => Promise<TpchFiles>
  /** Parquet, after db-benchmark's `G1_<rows>_1e2_0_0`. */
  readonly groups: () => Promise<string>
  /** Parquet, after db-benchmark's `J1_<rows>_NA_0_0`. */
  readonly joins: () => Promise<JoinFiles>
  /** Parquet: nested columns, long texts, nulls, dictionaries, timestamps. */
  readonly complex: () => Promise<string>
  /** The columns of lineitem in every format that engines read; the Parquet ones differ by codec. */
  readonly formats: () => Promise<Readonly<Record<FormatName, string>>>
}

export const TPCH_TABLES = [
  'lineitem',
  'orders',
  'customer',
  'part',
  'partsupp',
  'supplier',
  'nation',
  'region',
] as const
export type TpchTable = (typeof TPCH_TABLES)[number]
export type TpchFiles = Readonly<Record<TpchTable, string>>

/** `x` is the left side; `small`, `medium` and `big` have a millionth, a thousandth and all of its rows. */
export interface JoinFiles {
  readonly x: string
  readonly small: string
  readonly medium: string
  readonly big: string
}

export const FORMAT_NAMES = [
  'parquet-snappy',
  'parquet-zstd',
  'parquet-gzip',
  'parquet-none',
  'arrow',
  'csv',
  'csv-gzip',
  'ndjson',
] as const
export type FormatName = (typeof FORMAT_NAMES)[number]
