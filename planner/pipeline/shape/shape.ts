/**
 * What a value may look like, as data: the checks of pipelines, their messages and the published JSON Schema all come
 * from it.
 */

/** Kinds that say by themselves which alternative is meant. */
export type Shape =
  | { readonly kind: 'text'; readonly what: string; readonly pattern?: string; readonly check?: TextCheck }
  | { readonly kind: 'number'; readonly whole: boolean; readonly least: number; readonly most?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'true' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** Text, a number, a boolean or null. */
  | { readonly kind: 'scalar' }
  /** Any plain data. */
  | { readonly kind: 'data' }
  | { readonly kind: 'list'; readonly of: Shape }
  /** Names of the user's. */
  | { readonly kind: 'entries'; readonly what: string; readonly of: Shape }
  | ObjectShape
  /** Told apart by the type of the value. */
  | { readonly kind: 'either'; readonly of: readonly Shape[] }
  | VariantsShape
  /** For what contains itself, and for what is at several places: `name` is that of its definition in the JSON Schema. */
  | { readonly kind: 'reference'; readonly name: string; readonly shape: () => Shape }
  /** What only code can give; no part of the JSON Schema. */
  | { readonly kind: 'code'; readonly what: string; readonly accepts: (value: unknown) => boolean }

/** Says what is wrong with a text, or null. */
export type TextCheck = (text: string) => string | null

export interface FieldShape {
  readonly shape: Shape
  readonly description: string
  readonly required?: boolean
}

export interface ObjectShape {
  readonly kind: 'object'
  /** What messages call it: `a file source`. */
  readonly what: string
  readonly fields: Readonly<Record<string, FieldShape>>
  /** Of each group, one field has to be there, and no other. */
  readonly oneOf?: readonly (readonly string[])[]
}

/** Objects that a field tells apart or, where it is missing, one that only they have. */
export interface VariantsShape {
  readonly kind: 'variants'
  readonly what: string
  /** The field that names the variant. */
  readonly tag: string
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly names: readonly string[]
  /** Fields that tell the variant if the tag is missing. */
  readonly impliedBy: readonly string[]
  readonly shape: ObjectShape
}

/** Something that is wrong, and where. */
export interface Problem {
  /** Names and positions from the top. */
  readonly path: readonly (string | number)[]
  /** True if it is the last name of the path that is wrong, not what it stands for. */
  readonly atKey: boolean
  readonly message: string
  readonly expected: string | null
}

export const text = (what: string, check?: TextCheck): Shape =>
  Object.freeze({ kind: 'text', what, ...(check === undefined ? {} : { check }) })
export const whole = (least: number, most?: number): Shape =>
  Object.freeze({ kind: 'number', whole: true, least, ...(most === undefined ? {} : { most }) })
export const number = (least: number, most?: number): Shape =>
  Object.freeze({ kind: 'number', whole: false, least, ...(most === undefined ? {} : { most }) })
export const choice = (...choices: readonly string[]): Shape => Object.freeze({ kind: 'choice', choices })
export const list = (of: Shape): Shape => Object.freeze({ kind: 'list', of })
export const entries = (what: string, of: Shape): Shape => Object.freeze({ kind: 'entries', what, of })
export const either = (...of: readonly Shape[]): Shape => Object.freeze({ kind: 'either', of })
export const code = (what: string, accepts: (value: unknown) => boolean): Shape =>
  Object.freeze({ kind: 'code', what, accepts })
export const named = (name: string, shape: Shape): Shape =>
  Object.freeze({ kind: 'reference', name, shape: () => shape })
export const object = (
  what: string,
  fields: Readonly<Record<string, FieldShape>>,
  oneOf: ObjectShape['oneOf'] = [],
): ObjectShape => Object.freeze({ kind: 'object', what, fields, oneOf })
export const optional = (shape: Shape, description: string): FieldShape => Object.freeze({ shape, description })
export const required = (shape: Shape, description: string): FieldShape =>
  Object.freeze({ shape, description, required: true })

/** In a few words, for messages. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return shape.what
    case 'number': {
      const { least, most } = shape
      return `a ${shape.whole ? 'whole ' : ''}number from ${least}${most === undefined ? '' : ` to ${most}`}`
    }
    case 'boolean':
      return 'true or false'
    case 'true':
      return 'true'
    case 'choice':
      return shape.choices.map((one) => `'${one}'`).join(' or ')
    case 'scalar':
      return 'a text, a number, true, false or null'
    case 'data':
      return 'any data'
    case 'list':
      return `a list, each ${describeShape(shape.of)}`
    case 'entries':
      return shape.what
    case 'object':
      return objectWords(shape)
    case 'either':
      return eitherWords(shape.of)
    case 'variants':
      return `${shape.what} with ${shape.tag}: ${shape.variants.flatMap(({ names }) => names).join(' | ')}`
    case 'reference':
      return describeShape(shape.shape())
    case 'code':
      return shape.what
  }
}

/** A list of what else is taken is told as such. */
function eitherWords(alternatives: readonly Shape[]): string {
  const single = new Set(alternatives.filter(({ kind }) => kind !== 'list').map(describeShape))
  const words = alternatives.map((one) => {
    if (one.kind !== 'list') return describeShape(one)
    const items = one.of.kind === 'either' ? one.of.of.map(describeShape) : [describeShape(one.of)]
    return items.every((item) => single.has(item)) ? 'a list of these' : describeShape(one)
  })
  return [...new Set(words)].join(', or ')
}

function objectWords({ what, fields }: ObjectShape): string {
  const names = Object.entries(fields).map(([name, field]) => (field.required === true ? name : `${name}?`))
  return `${what} { ${names.join(', ')} }`
}
