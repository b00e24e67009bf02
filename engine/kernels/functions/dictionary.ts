/** Computes once per dictionary entry and maps the outcome to rows through the codes. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import type { KernelContext } from '../kernel.js'
import { validCodes } from '../vectors/form.js'
import { take } from '../vectors.js'

/**
 * The rows of the encoded `column` as what `compute` makes of the entries of `dictionary`. Null rows are null. What was
 * computed is kept with the dictionary under `key`, for the next slices of the same column.
 */
export function throughDictionary(
  context: KernelContext,
  column: Vector,
  dictionary: Vector,
  key: string,
  compute: (entries: Vector) => Vector,
): Vector {
  const mapped = recall(context, dictionary, key) ?? remember(context, dictionary, key, compute(dictionary))
  if (mapped.constant && column.validity === 0) return { ...mapped, length: column.length }
  const isText = mapped.type.kind === 'utf8' && mapped.dictionary === null && !mapped.constant
  if (isText && mapped.validity === 0) return { ...column, type: mapped.type, dictionary: mapped, blocks: [] }
  const codes = validCodes(context, column, column.length)
  return take(context, mapped, codes, column.length, { nullable: column.validity !== 0 })
}

/** A vector of fixed-width values or booleans, copied out of the scratch it was computed in. */
interface Kept {
  readonly form: Vector
  readonly values: Uint8Array
  readonly validity: Uint8Array | null
}

const kept = new WeakMap<Vector, Map<string, Kept>>()

function recall(context: KernelContext, dictionary: Vector, key: string): Vector | null {
  const found = kept.get(dictionary)?.get(key)
  if (found === undefined) return null
  const place = (bytes: Uint8Array) => {
    const address = context.scratch(bytes.length)
    context.memory.u8.set(bytes, address)
    return address
  }
  const { type, length, width } = found.form
  const validity = found.validity === null ? 0 : place(found.validity)
  return vector(type, length, { width, values: place(found.values), validity })
}

function remember(context: KernelContext, dictionary: Vector, key: string, mapped: Vector): Vector {
  const bytes = mapped.type.kind === 'bool' ? bitmapBytes(mapped.length) : mapped.length * mapped.width
  if (bytes === 0 || mapped.constant || mapped.dictionary !== null) return mapped
  const copy = (address: number, length: number) => context.memory.u8.slice(address, address + length)
  const validity = mapped.validity === 0 ? null : copy(mapped.validity, bitmapBytes(mapped.length))
  const outcomes = kept.get(dictionary) ?? new Map<string, Kept>()
  outcomes.set(key, { form: mapped, values: copy(mapped.values, bytes), validity })
  kept.set(dictionary, outcomes)
  return mapped
}
