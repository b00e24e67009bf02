/** Finds columns by name: exactly as written, or else in any case if only one column answers to it. */

import { nearestName, VolleyError } from '../errors.js'
import type { TypedExpression } from '../expression.js'
import { type Field, type Schema, schemaOf } from '../types.js'

const LISTED_COLUMNS = 30

export interface Mention {
  readonly name: string
  readonly position?: number
}

/** @throws VolleyError VOLLEY_UNKNOWN_COLUMN or VOLLEY_AMBIGUOUS_COLUMN. */
export function columnIndex(schema: Schema, mention: Mention): number {
  const found = findColumn(schema, mention)
  if (found !== null) return found
  const { name, position } = mention
  const names = schema.fields.map((field) => field.name)
  const nearest = nearestName(name, names)
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`
  throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', `there is no column named ${name}${hint} ${listColumns(names)}`, {
    column: name,
    expected: names.join(', '),
    actual: name,
    ...(position === undefined ? {} : { position }),
  })
}

/** Null if there is no such column. @throws VolleyError VOLLEY_AMBIGUOUS_COLUMN. */
export function findColumn(schema: Schema, { name, position }: Mention): number | null {
  const exact = schema.fields.findIndex((field) => field.name === name)
  if (exact !== -1) return exact
  const lower = name.toLowerCase()
  const matches = schema.fields.flatMap((field, i) => (field.name.toLowerCase() === lower ? [i] : []))
  if (matches.length <= 1) return matches[0] ?? null
  const candidates = matches.map((i) => schema.fields[i].name)
  throw new VolleyError('VOLLEY_AMBIGUOUS_COLUMN', `${name} may mean any of the columns ${candidates.join(', ')}`, {
    column: name,
    expected: candidates.join(', '),
    actual: name,
    ...(position === undefined ? {} : { position }),
  })
}

export function columnAt(schema: Schema, index: number): Extract<TypedExpression, { kind: 'column' }> {
  const { name, type } = schema.fields[index]
  return Object.freeze({ kind: 'column', index, name, type })
}

/** @throws VolleyError VOLLEY_DUPLICATE_COLUMN. */
export function uniqueSchema(fields: readonly Field[], where: string): Schema {
  const seen = new Set<string>()
  for (const { name } of fields) {
    if (seen.has(name)) {
      throw new VolleyError('VOLLEY_DUPLICATE_COLUMN', `${where} makes two columns named ${name}: give one an alias`, {
        column: name,
      })
    }
    seen.add(name)
  }
  return schemaOf(fields)
}

/** A name that no column has. */
export function unusedName(schema: Schema, stem: string): string {
  const taken = new Set(schema.fields.map((field) => field.name))
  for (let i = 0; ; i++) {
    const name = `${stem}${i}`
    if (!taken.has(name)) return name
  }
}

function listColumns(names: readonly string[]): string {
  if (names.length === 0) return '(there are no columns)'
  const more = names.length - LISTED_COLUMNS
  return `(columns: ${names.slice(0, LISTED_COLUMNS).join(', ')}${more > 0 ? ` and ${more} more` : ''})`
}
