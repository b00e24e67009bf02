/** LIKE and ILIKE: constant patterns become comparisons and searches where they can. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { lower } from '../scalar/string-case.js'
import { like } from '../scalar/string-like.js'
import { commonValidity, failAt } from './operands.js'
import { mapCase } from './string-case.js'
import { compareStrings } from './string-compare.js'
import { bytesAt, constantText, shapeOf, text } from './string-operands.js'
import { type Place, searchStrings } from './string-search.js'

const PERCENT = 0x25
const UNDERSCORE = 0x5f

/** What a constant pattern asks. `matcher` runs the pattern on the rows that contain `literal`, if there is one. */
type LikePlan =
  | { readonly kind: 'everything' }
  | { readonly kind: 'equal'; readonly literal: Uint8Array }
  | { readonly kind: 'search'; readonly place: Place; readonly literal: Uint8Array }
  | { readonly kind: 'matcher'; readonly literal: Uint8Array | null }

/** `escapeByte` is a byte, or -1 for none. */
function planLike(pattern: Uint8Array, escapeByte: number): LikePlan {
  const literals: number[][] = [[]]
  let underscores = false
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === escapeByte) {
      if (++i === pattern.length) return { kind: 'matcher', literal: null }
      literals.at(-1)!.push(pattern[i])
    } else if (pattern[i] === PERCENT || pattern[i] === UNDERSCORE) {
      underscores ||= pattern[i] === UNDERSCORE
      literals.push([])
    } else literals.at(-1)!.push(pattern[i])
  }
  const longest = Uint8Array.from(literals.reduce((best, literal) => (literal.length > best.length ? literal : best)))
  const first = literals[0].length > 0
  const last = literals.at(-1)!.length > 0
  const parts = literals.filter((literal) => literal.length > 0).length
  if (underscores || parts > 1) return { kind: 'matcher', literal: longest.length > 0 ? longest : null }
  if (literals.length === 1) return { kind: 'equal', literal: longest }
  if (parts === 0) return { kind: 'everything' }
  return { kind: 'search', place: first ? 'start' : last ? 'end' : 'anywhere', literal: longest }
}

function evaluateLike(
  context: KernelContext,
  parameters: readonly Vector[],
  length: number,
  fail: (row: number) => never,
): Vector {
  const [argument, pattern, escaping] = parameters
  const plan = constantPlan(context, pattern, escaping)
  switch (plan.kind) {
    case 'everything': {
      const values = context.scratch(8)
      context.memory.u8.fill(255, values, values + 8)
      return vector(BOOL, length, { values, constant: true })
    }
    case 'equal':
      return compareStrings(context, 'eq', argument, constantText(context, argument.type, plan.literal), length)
    case 'search':
      return searchStrings(context, plan.place, argument, constantText(context, argument.type, plan.literal), length)
    case 'matcher':
      return runMatcher(context, parameters, plan.literal, length, fail)
  }
}

function constantPlan(context: KernelContext, pattern: Vector, escaping: Vector | undefined): LikePlan {
  const matcher: LikePlan = { kind: 'matcher', literal: null }
  if (!pattern.constant || (escaping !== undefined && !escaping.constant)) return matcher
  const escapeBytes = escaping === undefined ? null : bytesAt(context, escaping, 0)
  if (escapeBytes !== null && escapeBytes.length > 1) return matcher
  const escapeByte = escapeBytes === null ? -1 : escapeBytes.length === 0 ? 0 : escapeBytes[0]
  // These take part in matching in two roles.
  if (escapeByte === PERCENT || escapeByte === UNDERSCORE) return matcher
  return planLike(bytesAt(context, pattern, 0), escapeByte)
}

function runMatcher(
  context: KernelContext,
  parameters: readonly Vector[],
  literal: Uint8Array | null,
  length: number,
  fail: (row: number) => never,
): Vector {
  const [argument, pattern, escaping] = parameters
  const { rows, constant } = shapeOf(parameters, length)
  const validity = commonValidity(context, parameters, rows)
  let values: number
  let filtered = 0
  if (literal !== null && !argument.constant) {
    values = searchStrings(context, 'anywhere', argument, constantText(context, argument.type, literal), rows).values
    filtered = 1
  } else values = context.scratch(bitmapBytes(rows))
  const escapeParts = escaping === undefined ? [0, 0, 0] : text(escaping)
  const failed = context.wasm.string_like(
    ...text(argument),
    ...text(pattern),
    ...escapeParts,
    validity,
    filtered,
    values,
    rows,
  )
  if (failed >= 0) fail(failed)
  return vector(BOOL, length, { values, constant })
}

const likeFunction: KernelFunction = {
  name: 'like',
  canFail: true,
  evaluate: (context, parameters, type, length) =>
    evaluateLike(context, parameters, length, (row) => failAt(context, likeFunction.reference, parameters, type, row)),
  reference: ([value, pattern, escaping]) =>
    like(value as string, pattern as string, escaping as string | null | undefined),
}

const ilikeFunction: KernelFunction = {
  name: 'ilike',
  canFail: true,
  evaluate(context, parameters, type, length) {
    const [argument, pattern, ...escaping] = parameters
    const lowered = [
      mapCase(context, 'lower', argument, length),
      mapCase(context, 'lower', pattern, length),
      ...escaping,
    ]
    return evaluateLike(context, lowered, length, (row) =>
      failAt(context, ilikeFunction.reference, parameters, type, row),
    )
  },
  reference: ([value, pattern, escaping]) =>
    like(lower(value as string), lower(pattern as string), escaping as string | null | undefined),
}

export const stringLikeFunctions: readonly KernelFunction[] = [likeFunction, ilikeFunction]
