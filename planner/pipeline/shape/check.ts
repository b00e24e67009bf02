/** Finds everything about a value that is not of a shape. */

import { nearestName, unreachable } from '../../errors.js'
import { describeShape, type ObjectShape, type Problem, type Shape, type VariantsShape } from './shape.js'

type Path = readonly (string | number)[]
type Problems = readonly Problem[]

const NONE: Problems = Object.freeze([])

/** Each with its place; none if all is well. */
export function problemsOf(shape: Shape, value: unknown, path: Path = []): Problems {
  switch (shape.kind) {
    case 'object':
      return objectProblems(shape, value, path)
    case 'variants':
      return variantProblems(shape, value, path)
    case 'list':
      if (!Array.isArray(value)) return mismatch(shape, value, path)
      return value.flatMap((item: unknown, index) => problemsOf(shape.of, item, [...path, index]))
    case 'entries':
      if (!isPlain(value)) return mismatch(shape, value, path)
      return Object.entries(value).flatMap(([name, item]) => problemsOf(shape.of, item, [...path, name]))
    case 'either': {
      const fitting = shape.of.find((one) => isOfKind(one, value))
      if (fitting === undefined || isFarFrom(fitting, value)) return mismatch(shape, value, path)
      return problemsOf(fitting, value, path)
    }
    case 'reference':
      return problemsOf(shape.shape(), value, path)
    case 'text': {
      if (typeof value !== 'string' || value.trim() === '') return mismatch(shape, value, path)
      const fault = shape.check?.(value) ?? null
      return fault === null ? NONE : [problem(path, fault, describeShape(shape))]
    }
    case 'choice':
      if (typeof value !== 'string') return mismatch(shape, value, path)
      return shape.choices.includes(value) ? NONE : mismatch(shape, value, path, nearestName(value, shape.choices))
    case 'number':
    case 'boolean':
    case 'true':
    case 'scalar':
    case 'data':
    case 'code':
      return isOfKind(shape, value) ? NONE : mismatch(shape, value, path)
    default:
      return unreachable(shape)
  }
}

/** True of a text that is like none of the choices: another alternative may have been meant. */
function isFarFrom(shape: Shape, value: unknown): boolean {
  if (shape.kind !== 'choice' || typeof value !== 'string' || shape.choices.includes(value)) return false
  return nearestName(value, shape.choices) === null
}

/** `tag` is a field that tells variants apart, and was looked at. */
function objectProblems(shape: ObjectShape, value: unknown, path: Path, tag: string | null = null): Problems {
  if (!isPlain(value)) return mismatch(shape, value, path)
  const names = [...Object.keys(shape.fields), ...(tag === null ? [] : [tag])]
  const given = Object.entries(value).filter(([name, item]) => item !== undefined && name !== tag)
  return [
    ...given.flatMap(([name, item]) =>
      Object.hasOwn(shape.fields, name)
        ? problemsOf(shape.fields[name].shape, item, [...path, name])
        : unknownKey(shape, name, names, path),
    ),
    ...Object.entries(shape.fields)
      .filter(([name, field]) => field.required === true && !isGiven(value, name))
      .map(([name, field]) => problem(path, `${shape.what} lacks '${name}'`, `${name}: ${describeShape(field.shape)}`)),
    ...(shape.oneOf ?? []).flatMap((group) => groupProblems(shape, group, value, path)),
  ]
}

function groupProblems(
  { what }: ObjectShape,
  group: readonly string[],
  value: Readonly<Record<string, unknown>>,
  path: Path,
): Problems {
  const given = group.filter((name) => isGiven(value, name))
  const expected = `one of ${group.join(', ')}`
  const choices = group.map((name) => `'${name}'`).join(' or ')
  if (given.length === 0) return [problem(path, `${what} lacks ${choices}`, expected)]
  if (given.length === 1) return NONE
  return [problem([...path, given[1]], `${what} takes ${choices}, not several of them`, expected, true)]
}

function variantProblems(shape: VariantsShape, value: unknown, path: Path): Problems {
  if (!isPlain(value)) return mismatch(shape, value, path)
  const { tag, variants } = shape
  const named = value[tag]
  if (named === undefined) {
    const implied = variants.find((variant) => variant.impliedBy.some((name) => isGiven(value, name)))
    if (implied !== undefined) return objectProblems(implied.shape, value, path, tag)
    return misspelled(shape, value, path) ?? [problem(path, `${shape.what} lacks '${tag}'`, describeShape(shape))]
  }
  const variant = variants.find((one) => one.names.some((name) => name === named))
  if (variant !== undefined) return objectProblems(variant.shape, value, path, tag)
  const names = variants.flatMap((one) => one.names)
  const near = typeof named === 'string' ? nearestName(named, names) : null
  return mismatch({ kind: 'choice', choices: names }, named, [...path, tag], near)
}

/** A field that nearly tells a variant; null if there is none. */
function misspelled({ what, variants }: VariantsShape, value: object, path: Path): Problems | null {
  const known = variants.flatMap(({ shape }) => Object.keys(shape.fields))
  const telling = variants.flatMap(({ impliedBy }) => impliedBy)
  for (const name of Object.keys(value)) {
    const near = known.includes(name) ? null : nearestName(name, telling)
    if (near === null) continue
    return [
      problem([...path, name], `${what} has no '${name}'${didYouMean(near)}`, `one of ${telling.join(', ')}`, true),
    ]
  }
  return null
}

function unknownKey({ what }: ObjectShape, name: string, names: readonly string[], path: Path): Problems {
  const near = nearestName(name, names)
  const hint = near === null ? `, only ${names.join(', ')}` : didYouMean(near)
  return [problem([...path, name], `${what} has no '${name}'${hint}`, `one of ${names.join(', ')}`, true)]
}

function mismatch(shape: Shape, value: unknown, path: Path, near: string | null = null): Problems {
  const place = path.length === 0 ? '' : `${pathText(path)}: `
  const message = `${place}expected ${describeShape(shape)}, got ${describeGiven(value)}${didYouMean(near)}`
  return [problem(path, message, describeShape(shape))]
}

function problem(path: Path, message: string, expected: string | null, atKey = false): Problem {
  return { path, atKey, message, expected }
}

function didYouMean(near: string | null): string {
  return near === null ? '' : `; did you mean '${near}'?`
}

/** Whether a value is one that the shape speaks of; what is in it may be wrong. */
function isOfKind(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case 'text':
    case 'choice':
      return typeof value === 'string'
    case 'number':
      return (
        typeof value === 'number' &&
        value >= shape.least &&
        value <= (shape.most ?? Number.POSITIVE_INFINITY) &&
        (!shape.whole || Number.isSafeInteger(value))
      )
    case 'boolean':
      return typeof value === 'boolean'
    case 'true':
      return value === true
    case 'scalar':
      return value === null || ['string', 'number', 'boolean'].includes(typeof value)
    case 'data':
      return typeof value !== 'function' && typeof value !== 'symbol'
    case 'list':
      return Array.isArray(value)
    case 'entries':
    case 'object':
    case 'variants':
      return isPlain(value)
    case 'either':
      return shape.of.some((one) => isOfKind(one, value))
    case 'reference':
      return isOfKind(shape.shape(), value)
    case 'code':
      return shape.accepts(value)
    default:
      return unreachable(shape)
  }
}

function isGiven(value: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(value, name) && value[name] !== undefined
}

export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** `stages[2].target.path`. */
export function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}

function describeGiven(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return isPlain(value) ? `{ ${Object.keys(value).join(', ')} }` : 'an object'
  return typeof value === 'function' ? 'a function' : JSON.stringify(value)
}
