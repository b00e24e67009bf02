/** What the string functions share: the form of arguments as kernels take them, and of results. */

import { type Vector, vector } from '../../../io/batch.js'
import type { DataType } from '../../../planner/types.js'
import { type KernelContext, RowError } from '../kernel.js'

/** Rows to compute, one if all arguments are constant, and the form of the result. */
export interface Shape {
  readonly rows: number
  readonly length: number
  readonly constant: boolean
}

export function shapeOf(parameters: readonly Vector[], length: number): Shape {
  const constant = length > 0 && parameters.every((parameter) => parameter.constant)
  return { rows: constant ? 1 : length, length, constant }
}

/** Bytes from one row's offset to the next: none when one value stands for all rows. */
export function offsetStep(argument: Vector): 0 | 4 {
  return argument.constant ? 0 : 4
}

/** The three parameters by which a kernel takes strings. */
export function text(argument: Vector): [offsets: number, values: number, step: number] {
  return [argument.offsets, argument.values, offsetStep(argument)]
}

/** The two parameters by which a kernel takes numbers. */
export function numbers(argument: Vector): [values: number, step: number] {
  return [argument.values, argument.constant ? 0 : argument.width]
}

/** Where the bytes of the first `rows` rows begin and end: one stretch. */
export function byteRange({ memory }: KernelContext, argument: Vector, rows: number): { start: number; size: number } {
  const first = memory.i32[argument.offsets / 4]
  const end = memory.i32[argument.offsets / 4 + (argument.constant ? 1 : rows)]
  return { start: argument.values + first, size: end - first }
}

export function isAscii(context: KernelContext, argument: Vector, rows: number): boolean {
  const { start, size } = byteRange(context, argument, rows)
  return context.wasm.bytes_ascii(start, size) === 1
}

/** A copy of the bytes of one row. */
export function bytesAt({ memory }: KernelContext, argument: Vector, row: number): Uint8Array {
  const at = argument.offsets / 4 + (argument.constant ? 0 : row)
  return memory.u8.slice(argument.values + memory.i32[at], argument.values + memory.i32[at + 1])
}

/** A constant of these bytes, in scratch. */
export function constantText(context: KernelContext, type: DataType, bytes: Uint8Array): Vector {
  const values = context.scratch(bytes.length)
  context.memory.u8.set(bytes, values)
  const offsets = context.scratch(8)
  context.memory.i32[offsets / 4] = 0
  context.memory.i32[offsets / 4 + 1] = bytes.length
  return vector(type, 1, { offsets, values, constant: true })
}

export function offsetsFor(context: KernelContext, rows: number): number {
  return context.scratch((rows + 1) * 4)
}

export function stringResult(type: DataType, shape: Shape, offsets: number, values: number): Vector {
  return vector(type, shape.length, { offsets, values, constant: shape.constant })
}

/** What a kernel's negative answer means where no value is at fault: one vector holds up to 2 GiB of text. */
export function tooLong(name: string, row: number): RowError {
  return new RowError('VOLLEY_OVERFLOW', `the results of ${name} exceed 2147483647 bytes in one batch`, row)
}
