/** Chooses, row by row, between two vectors. */

import { type Vector, vector } from '../../../io/batch.js'
import { readBit, readValue } from '../../../io/values.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'
import { plain } from '../vectors.js'
import { fromValues } from './by-row.js'
import { sameWidth } from './decimal.js'
import { bits, operand, result, validBits } from './operands.js'

/** Rows of `yes` where the bit of `mask` is set, else of `no`. Both have the type, or are of type null. */
export function blend(
  context: KernelContext,
  mask: number,
  yes: Vector,
  no: Vector,
  type: DataType,
  length: number,
): Vector {
  const validity = blendValidity(context, mask, yes, no, length)
  // Values of null rows are undefined: those of the other side will do.
  if (yes.type.kind === 'null') return blend(context, mask, asNull(context, no), no, type, length)
  if (no.type.kind === 'null') return blend(context, mask, yes, asNull(context, yes), type, length)
  if (type.kind === 'null') return vector(type, length)
  return { ...blendValues(context, mask, yes, no, type, length), validity }
}

/** A vector of nulls in the form of `model`. */
export function asNull(context: KernelContext, model: Vector): Vector {
  const validity = context.scratch(8)
  context.memory.u8.fill(0, validity, validity + 8)
  if (model.constant) return { ...model, validity, blocks: [] }
  const all = result(context, { kind: 'bool' }, model.length).values
  context.memory.u8.fill(0, all, all + Math.ceil(model.length / 64) * 8)
  return { ...model, validity: all, blocks: [] }
}

function blendValidity(context: KernelContext, mask: number, yes: Vector, no: Vector, length: number): number {
  const known = (source: Vector) => source.validity === 0 && source.type.kind !== 'null'
  if (known(yes) && known(no)) return 0
  const out = result(context, { kind: 'bool' }, length).values
  context.wasm.blend_bits(mask, ...validBits(context, yes), ...validBits(context, no), out, length)
  return out
}

function blendValues(
  context: KernelContext,
  mask: number,
  yes: Vector,
  no: Vector,
  type: DataType,
  length: number,
): Vector {
  const { wasm } = context
  switch (type.kind) {
    case 'bool': {
      const out = result(context, type, length)
      const a = bits(context, yes.values, yes.constant)
      wasm.blend_bits(mask, ...a, ...bits(context, no.values, no.constant), out.values, length)
      return out
    }
    case 'utf8':
    case 'binary': {
      const shared = yes.dictionary === no.dictionary ? yes.dictionary : null
      if (shared === null) return blendStrings(context, mask, plain(context, yes), plain(context, no), length)
      return { ...blendFixed(context, mask, yes, no, type, length), dictionary: shared }
    }
    case 'decimal':
      return blendFixed(context, mask, ...sameWidth(context, yes, no), type, length)
    case 'int':
    case 'float':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'interval':
      return blendFixed(context, mask, yes, no, type, length)
    case 'null':
    case 'list':
    case 'struct':
    case 'map': {
      const { memory } = context
      const values = Array.from({ length }, (_, row) => readValue(memory, readBit(memory, mask, row) ? yes : no, row))
      return fromValues(context, type, values)
    }
  }
}

function blendFixed(
  context: KernelContext,
  mask: number,
  yes: Vector,
  no: Vector,
  type: DataType,
  length: number,
): Vector {
  const out = result(context, type, length, yes.width)
  const operands = [...operand(context, yes), ...operand(context, no)]
  context.wasm[`blend_${yes.width}`](mask, ...operands, out.values, length)
  return out
}

function blendStrings(context: KernelContext, mask: number, yes: Vector, no: Vector, length: number): Vector {
  const { wasm, scratch } = context
  const offsets = scratch((length + 1) * 4)
  const yesStep = yes.constant ? 0 : 1
  const noStep = no.constant ? 0 : 1
  const bytes = wasm.blend_offsets(mask, yes.offsets, yesStep, no.offsets, noStep, offsets, length)
  const values = scratch(bytes + 8)
  wasm.blend_bytes(mask, yes.offsets, yes.values, yesStep, no.offsets, no.values, noStep, values, length)
  return vector(yes.type, length, { offsets, values })
}
