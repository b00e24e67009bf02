/** Gathers rows of vectors of any type. */

import { type Batch, bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { InternalError, unreachable, VolleyError } from '../../../planner/errors.js'
import { typeName } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'
import { sharedDictionary } from './shared-dictionary.js'

/** The index that stands for a row of nulls. */
export const NO_ROW = 0xffffffff

/** Most bytes, or list elements, that the 32-bit offsets of one vector can address. */
const MAX_OFFSET = 2 ** 31 - 1

export interface TakeOptions {
  /** True if indices may be `NO_ROW`. */
  readonly nullable?: boolean
}

/**
 * Rows `indices[0 .. count)` (u32 at an address) of `source`, in scratch. Dictionaries stay encoded and constants
 * constant. Throws VOLLEY_MEMORY_LIMIT if strings add up to 2 GiB or more.
 */
export function take(
  context: KernelContext,
  source: Vector,
  indices: number,
  count: number,
  options: TakeOptions = {},
): Vector {
  const nullable = options.nullable === true && context.wasm.take_has_null(indices, count) !== 0
  if (source.type.kind === 'null' || (source.constant && !nullable)) return { ...source, length: count }
  return gather(context, source, indices, count, nullable)
}

export function takeBatch(context: KernelContext, batch: Batch, indices: number, count: number): Batch {
  return { ...batch, length: count, columns: batch.columns.map((column) => take(context, column, indices, count)) }
}

/** The same with a full vector as the result; `nullable` tells whether there is a null index. */
export function gather(
  context: KernelContext,
  source: Vector,
  indices: number,
  count: number,
  nullable: boolean,
): Vector {
  const { wasm, scratch } = context
  if (source.constant) {
    const first = scratch(count * 4)
    if (nullable) wasm.take_mask_rows(indices, count, first)
    else context.memory.u32.fill(0, first / 4, first / 4 + count)
    return gather(context, { ...source, constant: false, length: 1 }, first, count, nullable)
  }
  if (source.type.kind === 'null') return vector(source.type, count)
  let validity = 0
  if (nullable || source.validity !== 0) {
    validity = scratch(bitmapBytes(count))
    wasm.take_validity(source.validity, indices, count, validity)
  }
  return { ...gatherValues(context, source, indices, count, nullable), validity }
}

/** Gathers all but the validity. */
function gatherValues(
  context: KernelContext,
  source: Vector,
  indices: number,
  count: number,
  nullable: boolean,
): Vector {
  const { scratch } = context
  const { type, width } = source
  if (width > 0) {
    const values = scratch(count * width)
    gatherFixed(context, source, nullable ? clearNulls(context, indices, count) : indices, count, values)
    return vector(type, count, { values, width, dictionary: sharedDictionary(source) })
  }
  switch (type.kind) {
    case 'bool': {
      const values = scratch(bitmapBytes(count))
      context.wasm.take_bits(source.values, nullable ? clearNulls(context, indices, count) : indices, count, values)
      return vector(type, count, { values })
    }
    case 'utf8':
    case 'binary': {
      const offsets = scratch((count + 1) * 4)
      const bytes = gatherOffsets(context, source, indices, count, offsets)
      const values = scratch(bytes + 8)
      context.wasm.take_bytes(source.values, source.offsets, indices, count, 0, values, offsets + 4)
      return vector(type, count, { offsets, values })
    }
    case 'list':
    case 'map': {
      const offsets = scratch((count + 1) * 4)
      const elements = gatherOffsets(context, source, indices, count, offsets)
      const childIndices = scratch(elements * 4)
      context.wasm.take_children(source.offsets, indices, count, childIndices)
      return vector(type, count, {
        offsets,
        children: [gather(context, source.children[0], childIndices, elements, false)],
      })
    }
    case 'struct':
      return vector(type, count, {
        children: source.children.map((child) => gather(context, child, indices, count, nullable)),
      })
    case 'null':
    case 'int':
    case 'float':
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'interval':
      throw new InternalError(`a vector of ${typeName(type)} has no width`)
    default:
      return unreachable(type)
  }
}

/** Gathers values of `source.width` bytes to `out`. Indices are not null. */
export function gatherFixed(context: KernelContext, source: Vector, indices: number, count: number, out: number): void {
  const { wasm } = context
  switch (source.width) {
    case 1:
      wasm.take_8(source.values, indices, count, out)
      break
    case 2:
      wasm.take_16(source.values, indices, count, out)
      break
    case 4:
      wasm.take_32(source.values, indices, count, out)
      break
    case 8:
      wasm.take_64(source.values, indices, count, out)
      break
    case 16:
      wasm.take_128(source.values, indices, count, out)
      break
    default:
      throw new InternalError(`values of ${source.width} bytes`)
  }
}

/** The indices with each null one replaced by 0, in scratch. */
export function clearNulls(context: KernelContext, indices: number, count: number): number {
  const cleared = context.scratch(count * 4)
  context.wasm.take_clear_null(indices, count, cleared)
  return cleared
}

function gatherOffsets(context: KernelContext, source: Vector, indices: number, count: number, out: number): number {
  return checkedTotal(context.wasm.take_offsets(source.offsets, indices, count, out), source)
}

export function checkedTotal(total: number, source: Vector): number {
  if (total <= MAX_OFFSET) return total
  throw new VolleyError(
    'VOLLEY_MEMORY_LIMIT',
    `a vector of ${typeName(source.type)} would hold ${total} bytes or elements, more than the ${MAX_OFFSET} it can`,
    { expected: `at most ${MAX_OFFSET}`, actual: String(total) },
  )
}
