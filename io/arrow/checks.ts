/** Checks that Arrow data from outside holds together: kernels follow offsets and codes without looking. */

import type * as arrow from 'apache-arrow'
import { VolleyError } from '../../planner/errors.js'

export function corruptColumn(column: string, fault: string): VolleyError {
  return new VolleyError('VOLLEY_CORRUPT_FILE', `column ${column} holds malformed Arrow data: ${fault}`, { column })
}

/** Offsets of `length` rows must rise from at least 0 to at most `limit`. */
export function checkOffsets(offsets: Int32Array | BigInt64Array, length: number, limit: number, column: string): void {
  if (offsets.length < length + 1) throw corruptColumn(column, `${offsets.length} offsets for ${length} values`)
  let previous = 0
  for (let row = 0; row <= length; row++) {
    const offset = Number(offsets[row])
    if (offset < previous || offset > limit) {
      throw corruptColumn(column, `offset ${row} is ${offset}, not between ${previous} and ${limit}`)
    }
    previous = offset
  }
}

/** Codes of valid rows must point into a dictionary of `size` values. */
export function checkCodes(data: arrow.Data, size: number, column: string): void {
  const codes: ArrayLike<number | bigint> = data.values
  const hasNulls = data.nullCount > 0
  for (let row = 0; row < data.length; row++) {
    const code = Number(codes[row])
    if ((code < 0 || code >= size) && !(hasNulls && !data.getValid(row))) {
      throw corruptColumn(column, `code ${code} in row ${row} is not in its dictionary of ${size} values`)
    }
  }
}

/** Fixed-width values must all be there. */
export function checkBytes(view: ArrayBufferView | undefined, bytes: number, column: string): void {
  const actual = view?.byteLength ?? 0
  if (actual < bytes) throw corruptColumn(column, `${actual} bytes of values where ${bytes} are needed`)
}
