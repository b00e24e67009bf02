/** Tells which rows of a batch belong into which directory of a partitioned output, and what their files hold of them. */

import { nearestName, VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { type Schema, schemaOf } from '../../planner/types.js'
import type { Batch, MemoryViews, Vector } from '../batch.js'
import { isValid, readValue } from '../values.js'
import { hiveDirectory } from './hive.js'

/** Rows of a batch that belong into one directory. */
export interface PartitionRows {
  /** Relative, with `/`: `year=2024/country=CH`. */
  readonly directory: string
  /** In order. */
  readonly rows: Int32Array
}

/** Which rows of a batch belong where, in order of first appearance. Throws VOLLEY_UNSUPPORTED for nested keys. */
export function partitionRows(memory: MemoryViews, batch: Batch, keys: readonly string[]): PartitionRows[] {
  let groups = new Int32Array(batch.length)
  let directories = ['']
  for (const key of keys) {
    const column = batch.columns[batch.schema.fields.findIndex((field) => field.name === key)]
    const { names, codes } = namedValues(memory, column, key)
    const known = new Map<number, number>()
    const next: string[] = []
    const refined = new Int32Array(batch.length)
    for (let row = 0; row < batch.length; row++) {
      const pair = groups[row] * names.length + codes[row]
      let group = known.get(pair)
      if (group === undefined) {
        const [parent, name] = [directories[groups[row]], names[codes[row]]]
        group = next.push(parent === '' ? name : `${parent}/${name}`) - 1
        known.set(pair, group)
      }
      refined[row] = group
    }
    groups = refined
    directories = next
  }
  const counts = new Int32Array(directories.length)
  for (const group of groups) counts[group]++
  const rows = directories.map((_, group) => new Int32Array(counts[group]))
  counts.fill(0)
  for (let row = 0; row < groups.length; row++) rows[groups[row]][counts[groups[row]]++] = row
  return directories.map((directory, group) => ({ directory, rows: rows[group] }))
}

/** The directories' names for the values of a column, each once, and for each row the number of its name. */
function namedValues(
  memory: MemoryViews,
  column: Vector,
  key: string,
): { readonly names: readonly string[]; readonly codes: Int32Array } {
  const names: string[] = []
  const numbers = new Map<string, number>()
  const numberOf = (value: ScalarValue): number => {
    const name = hiveDirectory(key, value, column.type)
    const number = numbers.get(name) ?? names.push(name) - 1
    numbers.set(name, number)
    return number
  }
  const codes = new Int32Array(column.length)
  const { dictionary } = column
  if (column.constant) {
    if (column.length > 0) numberOf(readValue(memory, column, 0))
  } else if (dictionary !== null) {
    const ofCode = new Int32Array(dictionary.length).fill(-1)
    for (let row = 0; row < column.length; row++) {
      if (!isValid(memory, column, row)) codes[row] = numberOf(null)
      else {
        const code = memory.i32[column.values / 4 + row]
        if (ofCode[code] < 0) ofCode[code] = numberOf(readValue(memory, dictionary, code))
        codes[row] = ofCode[code]
      }
    }
  } else {
    const ofValue = new Map<ScalarValue, number>()
    for (let row = 0; row < column.length; row++) {
      const value = readValue(memory, column, row)
      let number = ofValue.get(value)
      if (number === undefined) {
        number = numberOf(value)
        ofValue.set(value, number)
      }
      codes[row] = number
    }
  }
  return { names, codes }
}

/** The schema of the files: without the columns that their directories carry. Throws if a key is none of its columns. */
export function partitionedSchema(schema: Schema, keys: readonly string[]): Schema {
  const names = schema.fields.map((field) => field.name)
  for (const key of keys) {
    if (names.includes(key)) continue
    const near = nearestName(key, names)
    const message = `cannot partition by ${key}: there is no such column${near === null ? '' : `; did you mean ${near}?`}`
    throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', message, { column: key })
  }
  const fields = schema.fields.filter((field) => !keys.includes(field.name))
  if (fields.length > 0) return schemaOf(fields)
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'partitioning by all columns leaves none to write')
}
