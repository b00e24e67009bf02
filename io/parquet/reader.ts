/** Decodes morsels: reads their byte ranges, lets the codec decode them and copies the columns into shared memory. */

import { VolleyError } from '../../planner/errors.js'
import type { Field } from '../../planner/types.js'
import type { Batch, Vector } from '../batch.js'
import type { DecodeTarget, ParquetMorsel } from '../source.js'
import { vectorFromValues } from '../vector-from-values.js'
import { readCArray } from './arrow-c-data.js'
import { codecLimits, withCodec } from './codec.js'
import { copyColumn } from './column-copy.js'
import { decodeOwnColumns } from './decode/own-columns.js'
import { explainFailure } from './decode-failure.js'
import { readMiniFile } from './mini-file.js'
import type { PageTarget } from './page-kernels.js'
import { columnBytes, narrowMorsel } from './read-plan.js'

export interface DecodeOptions {
  /** Rows of a batch, at most. Default: all of the row group, up to a million. */
  readonly batchRows?: number
  /**
   * Uncompressed bytes that the codec decodes at a time, at least a column: bounds its memory, of which it never gives
   * any back. By default that of the thread.
   */
  readonly codecBytes?: number
}

export interface DecodedMorsel {
  /** In order; the caller owns their blocks. At least one, if the morsel has rows. */
  readonly batches: Batch[]
  readonly bytesRead: number
}

const MAXIMUM_BATCH_ROWS = 2 ** 20

/**
 * Decodes a row group. Throws VOLLEY_CORRUPT_FILE or VOLLEY_INVALID_UTF8 naming row group and column,
 * VOLLEY_TRUNCATED_FILE, VOLLEY_IO if the file was replaced since it was planned, and what `target` throws.
 */
export function decodeMorsel(morsel: ParquetMorsel, target: PageTarget, options: DecodeOptions = {}): DecodedMorsel {
  target.checkCancelled()
  const batchRows = Math.min(options.batchRows ?? MAXIMUM_BATCH_ROWS, MAXIMUM_BATCH_ROWS)
  const lengths: number[] = []
  for (let left = morsel.rows; left > 0; left -= batchRows) lengths.push(Math.min(left, batchRows))
  const columns = new Map<string, readonly Vector[]>()
  for (const { name, value } of morsel.constants) {
    const { type } = morsel.schema.fields.find((field) => field.name === name) as Field
    columns.set(
      name,
      lengths.map((length) => {
        const single = vectorFromValues(type, [value], target.memory, target.allocate)
        return { ...single, length, constant: true }
      }),
    )
  }
  let stored = morsel.rows === 0 ? [] : morsel.schema.fields.filter(({ name }) => !columns.has(name))
  let bytesRead = 0
  if (lengths.length === 1) {
    const own = decodeOwnColumns(morsel, stored, target)
    for (const [name, column] of own.vectors) columns.set(name, [column])
    bytesRead += own.bytesRead
    stored = stored.filter(({ name }) => !columns.has(name))
  }
  for (const part of splitBySize(morsel, stored, options.codecBytes ?? codecLimits().decodeBytes)) {
    target.checkCancelled()
    bytesRead += decodePart(part, batchRows, lengths, target, columns)
  }
  const batches = lengths.map((length, index) => ({
    schema: morsel.schema,
    length,
    columns: morsel.schema.fields.map(({ name }) => (columns.get(name) as readonly Vector[])[index]),
  }))
  return { batches, bytesRead }
}

/** Cuts the columns `stored`, which lie in the file, into groups that the codec decodes one after the other. */
function splitBySize(morsel: ParquetMorsel, stored: readonly Field[], codecBytes: number): ParquetMorsel[] {
  if (stored.length === 0) return []
  const sizes = columnBytes(morsel)
  const groups: Field[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const field of stored) {
    const size = sizes.get(field.name) ?? 0
    if (bytes + size > codecBytes) {
      groups.push([])
      bytes = 0
    }
    groups[groups.length - 1].push(field)
    bytes += size
  }
  const isAll = groups.length === 1 && stored.length === morsel.schema.fields.length - morsel.constants.length
  if (isAll) return [{ ...morsel, schema: { fields: stored }, constants: [] }]
  return groups.map((fields) => narrowMorsel(morsel, fields))
}

/** Decodes all columns of `part`, adding their vectors to `columns`; returns the bytes read. */
function decodePart(
  part: ParquetMorsel,
  batchRows: number,
  lengths: readonly number[],
  target: DecodeTarget,
  columns: Map<string, readonly Vector[]>,
): number {
  const file = readMiniFile(part)
  try {
    const decoded = decodeMiniFile(file, part, batchRows, lengths, target)
    for (const [index, field] of part.schema.fields.entries()) columns.set(field.name, decoded[index])
  } catch (error) {
    if (error instanceof VolleyError) throw error
    throw explainFailure(part, error)
  }
  return part.ranges.reduce((sum, range) => sum + range.length, 0)
}

/** The vectors of each column, one for each batch. Throws what the codec throws. */
function decodeMiniFile(
  file: Uint8Array,
  part: ParquetMorsel,
  batchRows: number,
  lengths: readonly number[],
  target: DecodeTarget,
): Vector[][] {
  return withCodec((codec) => {
    const stream = codec.readParquet(file, { batchSize: batchRows }).intoFFI()
    try {
      const addresses = stream.arrayAddrs()
      const arrays = Array.from(addresses, (address) => readCArray(codec.wasmMemory(), address, stream.schemaAddr()))
      if (arrays.length !== lengths.length || arrays.some((array, index) => array.length !== lengths[index])) {
        const rows = arrays.reduce((sum, array) => sum + array.length, 0)
        throw new Error(`${rows} rows were decoded, the footer states ${part.rows}`)
      }
      return part.schema.fields.map((field, index) =>
        arrays.map((array) => {
          target.checkCancelled()
          return copyColumn(array.children[index], field.type, target)
        }),
      )
    } finally {
      stream.drop()
    }
  })
}
