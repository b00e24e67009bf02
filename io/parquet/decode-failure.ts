/** Finds out, after the codec failed, which column is to blame and what is wrong with it. */

import { VolleyError } from '../../planner/errors.js'
import type { Field } from '../../planner/types.js'
import type { ParquetMorsel } from '../source.js'
import { type CArray, readCArray } from './arrow-c-data.js'
import { withCodec } from './codec.js'
import { readMiniFile } from './mini-file.js'
import { narrowMorsel } from './read-plan.js'

/** The error to throw for a `cause` that the codec threw at `morsel`, all of whose columns lie in the file. */
export function explainFailure(morsel: ParquetMorsel, cause: unknown): VolleyError {
  const { path, rowGroup } = morsel
  for (const field of morsel.schema.fields) {
    const failure = attempt(() => decodeAlone(narrowMorsel(morsel, [field]), () => undefined))
    if (failure === null) continue
    if (/utf-8/i.test(String(failure))) return invalidText(morsel, field, failure)
    return new VolleyError(
      'VOLLEY_CORRUPT_FILE',
      `${path} is corrupt: column ${field.name} of row group ${rowGroup} does not decode: ${reason(failure)}`,
      { path, rowGroup, column: field.name },
      failure,
    )
  }
  const message = `${path} is corrupt: row group ${rowGroup} does not decode: ${reason(cause)}`
  return new VolleyError('VOLLEY_CORRUPT_FILE', message, { path, rowGroup }, cause)
}

function attempt(work: () => void): unknown {
  try {
    work()
    return null
  } catch (error) {
    return error
  }
}

function decodeAlone<T>(morsel: ParquetMorsel, use: (column: CArray) => T): T {
  const file = readMiniFile(morsel)
  return withCodec((codec) => {
    const stream = codec.readParquet(file, { batchSize: Math.max(1, morsel.rows) }).intoFFI()
    try {
      const [address] = stream.arrayAddrs()
      const array = readCArray(codec.wasmMemory(), address, stream.schemaAddr())
      if (array.length !== morsel.rows) throw new Error(`${array.length} rows instead of ${morsel.rows}`)
      return use(array.children[0])
    } finally {
      stream.drop()
    }
  })
}

function invalidText(morsel: ParquetMorsel, field: Field, cause: unknown): VolleyError {
  const { path, rowGroup } = morsel
  let found: number | null = null
  if (field.type.kind === 'utf8') {
    const raw = narrowMorsel(morsel, [field], { rawStrings: true })
    attempt(() => {
      found = decodeAlone(raw, firstInvalidRow)
    })
  }
  const place = found === null ? {} : { row: morsel.firstRow + found }
  return new VolleyError(
    'VOLLEY_INVALID_UTF8',
    `${path}: column ${field.name} of row group ${rowGroup}` +
      `${found === null ? '' : `, row ${morsel.firstRow + found}`}: the text is not valid UTF-8`,
    { path, rowGroup, column: field.name, ...place },
    cause,
  )
}

function firstInvalidRow(column: CArray): number | null {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const offsets = new Int32Array(column.memory.buffer, column.buffers[1] + column.offset * 4, column.length + 1)
  for (let row = 0; row < column.length; row++) {
    const text = column.memory.subarray(column.buffers[2] + offsets[row], column.buffers[2] + offsets[row + 1])
    if (attempt(() => decoder.decode(text)) !== null) return row
  }
  return null
}

/** What the codec says, without the names of its own layers. */
function reason(cause: unknown): string {
  if (cause instanceof WebAssembly.RuntimeError) return 'the codec gave up on its pages'
  const message = cause instanceof Error ? cause.message : String(cause)
  return message.replace(/^(Parquet argument error: |Parquet error: |Arrow: )+/, '')
}
