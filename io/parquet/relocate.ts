/** Moves the metadata of pages along with the pages. */

import { ChunkField, type ColumnChunk, ColumnField, type RowGroup, RowGroupField, thriftField } from './metadata.js'
import type { ThriftStruct } from './thrift.js'

/**
 * The entry of a row group whose pages move by `shift` bytes. Page indexes and Bloom filters, which lie elsewhere, are
 * not carried over.
 */
export function relocateRowGroup(group: RowGroup, shift: number): ThriftStruct {
  const columns = group.columns.map((chunk) => relocateChunk(chunk, shift))
  return new Map([
    [RowGroupField.COLUMNS, thriftField.structs(columns)],
    [RowGroupField.BYTES, thriftField.i64(group.bytes)],
    [RowGroupField.ROWS, thriftField.i64(group.rows)],
    [RowGroupField.COMPRESSED_BYTES, thriftField.i64(sum(group.columns.map((chunk) => chunk.compressedBytes)))],
  ])
}

/** `without` names fields of the chunk's metadata to leave out, besides those that point elsewhere. */
export function relocateChunk(chunk: ColumnChunk, shift: number, without: readonly number[] = []): ThriftStruct {
  const metadata = moveColumn(chunk.metadata, shift)
  if (!chunk.hasDictionary) metadata.delete(ColumnField.DICTIONARY_PAGE)
  for (const id of without) metadata.delete(id)
  return columnChunk(metadata)
}

/** A copy of a chunk's metadata whose pages move by `shift` bytes. */
export function moveColumn(source: ThriftStruct, shift: number): ThriftStruct {
  const metadata: ThriftStruct = new Map(source)
  for (const id of [ColumnField.DATA_PAGE, ColumnField.DICTIONARY_PAGE]) {
    const found = metadata.get(id)
    if (found !== undefined) metadata.set(id, thriftField.i64(Number(found.value) + shift))
  }
  for (const id of [ColumnField.INDEX_PAGE, ColumnField.BLOOM_FILTER, ColumnField.BLOOM_FILTER_BYTES]) {
    metadata.delete(id)
  }
  return metadata
}

export function columnChunk(metadata: ThriftStruct): ThriftStruct {
  return new Map([
    [ChunkField.FILE_OFFSET, thriftField.i64(0)],
    [ChunkField.METADATA, thriftField.struct(metadata)],
  ])
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
