/** hyparquet: a Parquet reader in JavaScript, with the codecs of hyparquet-compressors. */

import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet'

export interface HyparquetEngine {
  /**
   * Hands over the values of the named columns, of all if null, row group by row group; within one, columns come in any
   * order. 64-bit integers are bigints, decimals floating point, dates Dates.
   */
  read(path: string, columns: readonly string[] | null, onChunk: (chunk: Chunk) => void): Promise<FileMetaData>
}

export interface Chunk {
  readonly column: string
  readonly values: ArrayLike<unknown>
  /** Of the first value. */
  readonly row: number
}

export async function openHyparquet(): Promise<HyparquetEngine> {
  const { compressors } = await import('hyparquet-compressors')
  return {
    read: async (path, columns, onChunk) => {
      const file = await asyncBufferFromFile(path)
      const metadata = await parquetMetadataAsync(file)
      const selected = columns === null ? {} : { columns: [...columns] }
      let rowStart = 0
      for (const { num_rows: rows } of metadata.row_groups) {
        const rowEnd = rowStart + Number(rows)
        await parquetRead({
          file,
          metadata,
          compressors,
          rowStart,
          rowEnd,
          ...selected,
          onChunk: ({ columnName, columnData, rowStart: row }) =>
            onChunk({ column: columnName, values: columnData, row }),
        })
        rowStart = rowEnd
      }
      return metadata
    },
  }
}
