/**
 * Finds where the keys of sorted rows change. Each kernel looks at one key: it sets byte i of `out` to 1 where the row
 * `indices[i]` (u32) differs from the row before it, and leaves the others. Nulls equal nulls.
 */

import { bytes_equal } from './string-compare'
import { is_row_valid } from './string-bytes'

/** Values of `width` 1, 2, 4, 8 or 16 bytes that are equal if their bytes are. */
export function window_mark_fixed(values: usize, width: i32, validity: usize, indices: usize, rows: i32, out: usize): void {
  for (let i = 1; i < rows; i++) {
    const previous = load<u32>(indices + (<usize>(i - 1) << 2))
    const row = load<u32>(indices + (<usize>i << 2))
    const valid = is_row_valid(validity, row)
    let differs = valid != is_row_valid(validity, previous)
    if (!differs && valid) {
      const a = values + <usize>row * <usize>width
      const b = values + <usize>previous * <usize>width
      if (width == 1) differs = load<u8>(a) != load<u8>(b)
      else if (width == 2) differs = load<u16>(a) != load<u16>(b)
      else if (width == 4) differs = load<u32>(a) != load<u32>(b)
      else {
        differs = load<u64>(a) != load<u64>(b)
        if (width == 16) differs = differs || load<u64>(a, 8) != load<u64>(b, 8)
      }
    }
    if (differs) store<u8>(out + <usize>i, 1)
  }
}

/** Floats of 4 or 8 bytes: zeros are equal, and so are all NaN. */
export function window_mark_float(values: usize, width: i32, validity: usize, indices: usize, rows: i32, out: usize): void {
  for (let i = 1; i < rows; i++) {
    const previous = load<u32>(indices + (<usize>(i - 1) << 2))
    const row = load<u32>(indices + (<usize>i << 2))
    const valid = is_row_valid(validity, row)
    let differs = valid != is_row_valid(validity, previous)
    if (!differs && valid) {
      const a = width == 4 ? <f64>load<f32>(values + (<usize>row << 2)) : load<f64>(values + (<usize>row << 3))
      const b = width == 4 ? <f64>load<f32>(values + (<usize>previous << 2)) : load<f64>(values + (<usize>previous << 3))
      differs = a != b && !(a != a && b != b)
    }
    if (differs) store<u8>(out + <usize>i, 1)
  }
}

export function window_mark_bits(values: usize, validity: usize, indices: usize, rows: i32, out: usize): void {
  for (let i = 1; i < rows; i++) {
    const previous = load<u32>(indices + (<usize>(i - 1) << 2))
    const row = load<u32>(indices + (<usize>i << 2))
    const valid = is_row_valid(validity, row)
    let differs = valid != is_row_valid(validity, previous)
    if (!differs && valid) differs = is_row_valid(values, row) != is_row_valid(values, previous)
    if (differs) store<u8>(out + <usize>i, 1)
  }
}

export function window_mark_bytes(
  offsets: usize, values: usize, validity: usize, indices: usize, rows: i32, out: usize,
): void {
  for (let i = 1; i < rows; i++) {
    const previous = load<u32>(indices + (<usize>(i - 1) << 2))
    const row = load<u32>(indices + (<usize>i << 2))
    const valid = is_row_valid(validity, row)
    let differs = valid != is_row_valid(validity, previous)
    if (!differs && valid) {
      const a = load<i32>(offsets + (<usize>row << 2))
      const b = load<i32>(offsets + (<usize>previous << 2))
      const size = load<i32>(offsets + (<usize>row << 2), 4) - a
      differs = load<i32>(offsets + (<usize>previous << 2), 4) - b != size
      if (!differs) differs = !bytes_equal(values + <usize>a, values + <usize>b, size)
    }
    if (differs) store<u8>(out + <usize>i, 1)
  }
}
