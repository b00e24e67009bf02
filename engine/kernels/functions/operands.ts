/** What all kernels of fixed-width values share: addresses and steps of arguments, validity, and failures. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { isValid, readValue } from '../../../io/values.js'
import { InternalError } from '../../../planner/errors.js'
import type { DataType } from '../../../planner/types.js'
import { type KernelContext, type KernelFunction, RowError } from '../kernel.js'

/** The storage that a kernel is compiled for: the suffix of its export. */
type Lane = 'i8' | 'i16' | 'i32' | 'i64' | 'u8' | 'u16' | 'u32' | 'u64' | 'f32' | 'f64' | 'i128'

export function laneOf({ type, width }: Vector): Lane {
  if (type.kind === 'int') return `${type.signed ? 'i' : 'u'}${type.bits}`
  if (type.kind === 'float') return `f${type.bits}`
  if (width === 4) return 'i32'
  if (width === 8) return 'i64'
  if (type.kind === 'decimal') return 'i128'
  throw new InternalError(`no kernel lane for ${type.kind} of ${width} bytes`)
}

/**
 * The address and step of a fixed-width argument, as kernels take them: step 1 walks, step 0 repeats a constant,
 * which is copied out to fill 16 bytes.
 */
export function operand(context: KernelContext, argument: Vector): [address: number, step: number] {
  if (!argument.constant) return [argument.values, 1]
  const { u8 } = context.memory
  const address = context.scratch(64)
  for (let at = 0; at < 64; at += argument.width) {
    u8.copyWithin(address + at, argument.values, argument.values + argument.width)
  }
  return [address, 0]
}

/** The address and step of a bitmap in 64-bit words; a constant bit fills its word. `bitmap` 0 stays 0. */
export function bits(context: KernelContext, bitmap: number, constant: boolean): [address: number, step: number] {
  if (bitmap === 0 || !constant) return [bitmap, 1]
  const { u8 } = context.memory
  const address = context.scratch(8)
  u8.fill((u8[bitmap] & 1) === 1 ? 255 : 0, address, address + 8)
  return [address, 0]
}

/** The validity as an operand of 64-bit words; all set where there is none. */
export function validBits(context: KernelContext, source: Vector): [address: number, step: number] {
  const { u8 } = context.memory
  if (source.type.kind !== 'null' && source.validity !== 0) return bits(context, source.validity, source.constant)
  const address = context.scratch(8)
  u8.fill(source.type.kind === 'null' ? 0 : 255, address, address + 8)
  return [address, 0]
}

/** Address of the bitmap of rows where no argument is null; 0 if that is all of them. Shares an argument's own. */
export function commonValidity(context: KernelContext, parameters: readonly Vector[], length: number): number {
  let common = 0
  for (const { validity, constant, type } of parameters) {
    if (type.kind === 'null') return allNull(context, length)
    if (validity === 0) continue
    if (constant) {
      if ((context.memory.u8[validity] & 1) === 0) return allNull(context, length)
    } else common = intersect(context, common, validity, length)
  }
  return common
}

/** Address of a cleared bitmap of `length` rows. */
function allNull(context: KernelContext, length: number): number {
  const bytes = bitmapBytes(length)
  const address = context.scratch(bytes)
  context.memory.u8.fill(0, address, address + bytes)
  return address
}

/** a AND b over bitmaps where 0 means all ones; may return one of them. */
export function intersect(context: KernelContext, a: number, b: number, length: number): number {
  if (a === 0 || a === b) return b
  if (b === 0) return a
  const out = context.scratch(bitmapBytes(length))
  context.wasm.bitmap_and(a, b, out, length)
  return out
}

/** A vector for `length` results, in fresh scratch; decimals may ask for another width than their type's. */
export function result(context: KernelContext, type: DataType, length: number, width?: number): Vector {
  const sized = vector(type, length, { width })
  const bytes = type.kind === 'bool' ? bitmapBytes(length) : length * sized.width
  return { ...sized, values: context.scratch(bytes) }
}

export function isConstantNull(context: KernelContext, argument: Vector): boolean {
  return argument.type.kind === 'null' || (argument.constant && !isValid(context.memory, argument, 0))
}

/** Throws what `reference` throws for the values of `row`. */
export function failAt(
  context: KernelContext,
  reference: KernelFunction['reference'],
  parameters: readonly Vector[],
  type: DataType,
  row: number,
): never {
  const values = parameters.map((parameter) => readValue(context.memory, parameter, row))
  const types = parameters.map((parameter) => parameter.type)
  try {
    reference(values, types, type)
  } catch (error) {
    throw error instanceof RowError ? new RowError(error.code, error.message, row) : error
  }
  throw new InternalError(`a kernel failed on row ${row} where its reference does not`)
}
