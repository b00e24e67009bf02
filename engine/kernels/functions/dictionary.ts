/** Computes once per dictionary entry and maps the outcome to rows through the codes. */

import type { Vector } from '../../../io/batch.js'
import type { KernelContext } from '../kernel.js'
import { validCodes } from '../vectors/form.js'
import { take } from '../vectors.js'

/** The vector of codes of `column` as a vector of what `compute` makes of the entries. Null rows are null. */
export function throughDictionary(
  context: KernelContext,
  column: Vector,
  dictionary: Vector,
  compute: (entries: Vector) => Vector,
): Vector {
  const mapped = compute(dictionary)
  if (mapped.constant && column.validity === 0) return { ...mapped, length: column.length }
  const isText = mapped.type.kind === 'utf8' && mapped.dictionary === null && !mapped.constant
  if (isText && mapped.validity === 0) return { ...column, type: mapped.type, dictionary: mapped, blocks: [] }
  const codes = validCodes(context, column, column.length)
  return take(context, mapped, codes, column.length, { nullable: column.validity !== 0 })
}
