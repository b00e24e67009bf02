/** The warehouse's lineitem in every format that engines read. */

import { basename, dirname, join } from 'node:path'
import { open } from '../index.js'
import { type Copy, PARQUET, writeCopies } from './copies.js'
import { keptFolder } from './kept-folder.js'
import { warehouseFiles } from './warehouse.js'

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

const parquet = (codec: string): string => PARQUET.replace('snappy', codec)

const COPIES: readonly Copy[] = [
  ['lineitem-zstd.parquet', parquet('zstd')],
  ['lineitem-gzip.parquet', parquet('gzip')],
  ['lineitem-none.parquet', parquet('uncompressed')],
  ['lineitem.csv', 'format csv, header'],
  ['lineitem.csv.gz', 'format csv, header, compression gzip'],
  ['lineitem.ndjson', 'format json'],
].map(([name, options]) => ({ name, query: 'from lineitem', options }))

/** Paths of files in `directory`, of about `rows` rows each. DuckDB writes all but the one of Arrow, which volley does. */
export async function lineitemFormats(directory: string, rows: number): Promise<Readonly<Record<FormatName, string>>> {
  const { lineitem } = await warehouseFiles(directory, rows)
  const recipe = [basename(dirname(lineitem)), ...COPIES.flatMap(({ name, options }) => [name, options])].join('\n')
  const folder = await keptFolder(directory, `formats-${rows}`, recipe, async (draft) => {
    await writeCopies(draft, `create view lineitem as from '${lineitem.replaceAll("'", "''")}'`, COPIES)
    await using engine = await open()
    await engine.scanParquet(lineitem).sinkArrow(join(draft, 'lineitem.arrow'))
  })
  const file = (name: string): string => join(folder, `lineitem${name}`)
  return {
    'parquet-snappy': lineitem,
    'parquet-zstd': file('-zstd.parquet'),
    'parquet-gzip': file('-gzip.parquet'),
    'parquet-none': file('-none.parquet'),
    arrow: file('.arrow'),
    csv: file('.csv'),
    'csv-gzip': file('.csv.gz'),
    ndjson: file('.ndjson'),
  }
}
