/**
 * Order-preserving words: a value of any fixed-width type as a signed 64-bit integer, such that words compare as SQL
 * compares values (NaN is the greatest float and equals itself, -0 equals 0, false is before true), and equal values
 * have equal words. Every word can be turned back into its value.
 */

@inline
function widen<T>(values: usize, count: i32, out: usize): void {
  const width = sizeof<T>()
  for (let i = 0; i < count; i++) {
    store<i64>(out + (<usize>i << 3), <i64>load<T>(values + <usize>i * width))
  }
}

export function words_from_i8(values: usize, count: i32, out: usize): void {
  widen<i8>(values, count, out)
}

export function words_from_u8(values: usize, count: i32, out: usize): void {
  widen<u8>(values, count, out)
}

export function words_from_i16(values: usize, count: i32, out: usize): void {
  widen<i16>(values, count, out)
}

export function words_from_u16(values: usize, count: i32, out: usize): void {
  widen<u16>(values, count, out)
}

export function words_from_i32(values: usize, count: i32, out: usize): void {
  widen<i32>(values, count, out)
}

export function words_from_u32(values: usize, count: i32, out: usize): void {
  widen<u32>(values, count, out)
}

/** Moves the order of unsigned 64-bit integers to that of signed ones, or back. */
export function words_flip_sign(values: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) store<u64>(out + i, load<u64>(values + i) ^ 0x8000000000000000)
}

export function words_from_bits(bitmap: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<i64>(out + (<usize>i << 3), <i64>((load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7)) & 1))
  }
}

export function words_from_f32(values: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<f32>(values + (<usize>i << 2))
    let bits = value == 0 ? 0 : reinterpret<i32>(value)
    if (value != value) bits = 0x7fc00000
    store<i64>(out + (<usize>i << 3), <i64>(bits ^ <i32>(<u32>(bits >> 31) >> 1)))
  }
}

export function words_from_f64(values: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<f64>(values + (<usize>i << 3))
    let bits: i64 = value == 0 ? 0 : reinterpret<i64>(value)
    if (value != value) bits = 0x7ff8000000000000
    store<i64>(out + (<usize>i << 3), bits ^ <i64>(<u64>(bits >> 63) >> 1))
  }
}

@inline
function narrow<T>(words: usize, count: i32, out: usize): void {
  const width = sizeof<T>()
  for (let i = 0; i < count; i++) store<T>(out + <usize>i * width, <T>load<i64>(words + (<usize>i << 3)))
}

export function words_to_8(words: usize, count: i32, out: usize): void {
  narrow<u8>(words, count, out)
}

export function words_to_16(words: usize, count: i32, out: usize): void {
  narrow<u16>(words, count, out)
}

export function words_to_32(words: usize, count: i32, out: usize): void {
  narrow<u32>(words, count, out)
}

export function words_to_bits(words: usize, count: i32, out: usize): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let word: u64 = 0
    for (let i = start; i < end; i++) word |= (load<u64>(words + (<usize>i << 3)) & 1) << <u64>(i - start)
    store<u64>(out + (<usize>start >> 3), word)
  }
}

export function words_to_f32(words: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const word = <i32>load<i64>(words + (<usize>i << 3))
    store<i32>(out + (<usize>i << 2), word ^ <i32>(<u32>(word >> 31) >> 1))
  }
}

export function words_to_f64(words: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const word = load<i64>(words + (<usize>i << 3))
    store<i64>(out + (<usize>i << 3), word ^ <i64>(<u64>(word >> 63) >> 1))
  }
}

/** Widens single precision to double, for arithmetic. */
export function words_f32_to_f64(values: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<f64>(out + (<usize>i << 3), <f64>load<f32>(values + (<usize>i << 2)))
}

/** Integers as doubles, divided by `scale`. */
export function words_to_double(words: usize, count: i32, scale: f64, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<f64>(out + (<usize>i << 3), <f64>load<i64>(words + (<usize>i << 3)) / scale)
  }
}

export function words_unsigned_to_double(words: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<f64>(out + (<usize>i << 3), <f64>load<u64>(words + (<usize>i << 3)))
}

/** 16-byte integers as doubles, divided by `scale`; the result can be off by a unit in the last place. */
export function words_wide_to_double(values: usize, count: i32, scale: f64, out: usize): void {
  for (let i = 0; i < count; i++) {
    const at = values + (<usize>i << 4)
    const value = <f64>load<i64>(at, 8) * 18446744073709551616.0 + <f64>load<u64>(at)
    store<f64>(out + (<usize>i << 3), value / scale)
  }
}
