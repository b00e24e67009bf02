/**
 * Turns fixed-width vectors into order-preserving words (see `assembly/words.ts`) and back, so that grouping, joining
 * and sorting know two kinds of value only: 8-byte words, and 16-byte integers for decimals of more than 18 digits.
 */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { InternalError } from '../../../planner/errors.js'
import { type DataType, typeName, valueWidth } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'

/** True for types whose values take two words. */
export function isWide(type: DataType): boolean {
  return type.kind === 'decimal' && type.precision > 18
}

/** Bits that the words of a type take at most, as a signed integer; 0 for types that have none. */
export function wordBits(type: DataType): number {
  return type.kind === 'bool' ? 1 : Math.min(64, valueWidth(type) * 8)
}

/**
 * The values of a plain, full vector as words at an address: 8 bytes each, 16 if the type is wide. They may be the
 * vector's own values, so they must not be written to. Those of null rows are undefined.
 */
export function orderedWords(context: KernelContext, source: Vector): number {
  const { type, values, length } = source
  const { wasm } = context
  if (type.kind === 'decimal') return integersOf(context, source, isWide(type) ? 16 : 8)
  if (source.width === 8 && !isUnsigned64(type) && type.kind !== 'float') return values
  const words = context.scratch(length * 8)
  if (type.kind === 'bool') wasm.words_from_bits(values, length, words)
  else if (type.kind === 'float') (type.bits === 32 ? wasm.words_from_f32 : wasm.words_from_f64)(values, length, words)
  else if (isUnsigned64(type)) wasm.words_flip_sign(values, length, words)
  else widenInteger(context, source, words)
  return words
}

/** The values of integers, booleans, decimals and times as 64-bit integers, unsigned for unsigned 64-bit ones. */
export function integers64(context: KernelContext, source: Vector): number {
  return isUnsigned64(source.type) ? source.values : orderedWords(context, source)
}

/** Decimals at `width` bytes. Throws InternalError if one of at most 18 digits does not fit 8 bytes. */
function integersOf(context: KernelContext, source: Vector, width: 8 | 16): number {
  const { values, length, validity } = source
  if (source.width === width) return values
  const out = context.scratch(length * width)
  if (width === 16) context.wasm.copy_64_to_128(values, length, out)
  else if (context.wasm.copy_128_to_64(values, validity, length, out) === 0) {
    throw new InternalError(`a value of ${typeName(source.type)} does not fit 8 bytes`)
  }
  return out
}

export function isUnsigned64(type: DataType): boolean {
  return type.kind === 'int' && type.bits === 64 && !type.signed
}

function widenInteger(context: KernelContext, source: Vector, words: number): void {
  const { wasm } = context
  const { type, values, length, width } = source
  const unsigned = type.kind === 'int' && !type.signed
  if (width === 1) (unsigned ? wasm.words_from_u8 : wasm.words_from_i8)(values, length, words)
  else if (width === 2) (unsigned ? wasm.words_from_u16 : wasm.words_from_i16)(values, length, words)
  else if (width === 4) (unsigned ? wasm.words_from_u32 : wasm.words_from_i32)(values, length, words)
  else throw new InternalError(`no words of ${typeName(type)}`)
}

/** A vector, in scratch or over the words themselves, of the values whose words these are. */
export function vectorOfWords(
  context: KernelContext,
  type: DataType,
  words: number,
  validity: number,
  length: number,
): Vector {
  const { wasm, scratch } = context
  if (isWide(type)) return vector(type, length, { validity, values: words, width: 16 })
  if (type.kind === 'bool') {
    const values = scratch(bitmapBytes(length))
    wasm.words_to_bits(words, length, values)
    return vector(type, length, { validity, values })
  }
  const width = valueWidth(type)
  if (width === 8 && !isUnsigned64(type) && type.kind !== 'float') {
    return vector(type, length, { validity, values: words })
  }
  const values = scratch(length * width)
  if (type.kind === 'float') (type.bits === 32 ? wasm.words_to_f32 : wasm.words_to_f64)(words, length, values)
  else if (width === 8) wasm.words_flip_sign(words, length, values)
  else if (width === 4) wasm.words_to_32(words, length, values)
  else if (width === 2) wasm.words_to_16(words, length, values)
  else if (width === 1) wasm.words_to_8(words, length, values)
  else throw new InternalError(`no words of ${typeName(type)}`)
  return vector(type, length, { validity, values })
}
