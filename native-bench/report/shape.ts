/** What values of unknown origin must look like to be of a type. */

/** Returns `value` as what it must be, or throws `ShapeFault`; `field` is its place: `suites[0].name`. */
export type Shape<T> = (value: unknown, field: string) => T

/** A field is not what it must be. */
export class ShapeFault extends Error {
  constructor(
    readonly field: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(`${field} must be ${expected}, and is ${actual}`)
  }
}

export const text: Shape<string> = (value, field) => (typeof value === 'string' ? value : fault(field, 'text', value))

export const yesOrNo: Shape<boolean> = (value, field) =>
  typeof value === 'boolean' ? value : fault(field, 'true or false', value)

/** Finite: JSON has no other. */
export function number(least = Number.NEGATIVE_INFINITY): Shape<number> {
  return (value, field) =>
    typeof value === 'number' && Number.isFinite(value) && value >= least
      ? value
      : fault(field, least === Number.NEGATIVE_INFINITY ? 'a number' : `a number from ${least} up`, value)
}

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  const expected = values.map((value) => JSON.stringify(value)).join(' or ')
  return (value, field) => values.find((one) => one === value) ?? fault(field, expected, value)
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, field) => (value === null ? null : shape(value, field))
}

export function list<T>(shape: Shape<T>, least = 0): Shape<readonly T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) return fault(field, 'a list', value)
    if (value.length < least) return fault(field, `a list of ${least} or more`, value)
    return value.map((one: unknown, i) => shape(one, `${field}[${i}]`))
  }
}

export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, field) =>
    Object.fromEntries(
      Object.entries(fieldsOf(value, field)).map(([name, one]) => [name, shape(one, within(field, name))]),
    )
}

/** Fields that are not listed are left out. */
export function fields<T extends object>(shapes: { readonly [Name in keyof T]-?: Shape<T[Name]> }): Shape<T> {
  return (value, field) => {
    const object = fieldsOf(value, field)
    const names = Object.keys(shapes) as (keyof T & string)[]
    return Object.fromEntries(names.map((name) => [name, shapes[name](object[name], within(field, name))])) as T
  }
}

/** By the value of the field `tag`, another shape. */
export function either<T>(tag: string, shapes: Readonly<Record<string, Shape<T>>>): Shape<T> {
  return (value, field) => {
    const kind = oneOf(...Object.keys(shapes))(fieldsOf(value, field)[tag], within(field, tag))
    return shapes[kind](value, field)
  }
}

function fieldsOf(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault(field, 'an object', value)
  return value as Readonly<Record<string, unknown>>
}

function within(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`
}

function fault(field: string, expected: string, value: unknown): never {
  throw new ShapeFault(field, expected, actualText(value))
}

/** Long values are named by their kind. */
function actualText(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const written = JSON.stringify(value)
  return written.length > 60 ? `text of ${written.length - 2} characters` : written
}
