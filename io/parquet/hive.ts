/** Directories that carry column values in their names, `year=2024/country=CH/`: how they are written and read. */

import { VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { formatTimestamp } from '../../planner/format-literal.js'
import { formatDecimal } from '../../planner/integers.js'
import { DATE, type DataType, type Field, field, INT64, typeName, UTF8 } from '../../planner/types.js'
import type { ColumnConstant } from '../source.js'

/** The directory name that stands for NULL. */
const NULL_NAME = '__HIVE_DEFAULT_PARTITION__'

export interface HiveColumns {
  readonly fields: readonly Field[]
  /** The values of each path, in the order of `fields`. */
  readonly values: readonly (readonly ColumnConstant[])[]
}

/**
 * The columns that the directories of `paths` carry; none unless all paths have the same keys in the same order.
 * A column is BIGINT if all its values are integers, DATE if all are dates, else VARCHAR.
 */
export function hiveColumns(paths: readonly string[]): HiveColumns {
  const pairs = paths.map(pairsOf)
  const names = pairs.length === 0 ? [] : pairs[0].map(([name]) => name)
  const isUniform = pairs.every((own) => own.length === names.length && own.every(([name], i) => name === names[i]))
  if (!isUniform || names.length === 0 || new Set(names).size < names.length) {
    return { fields: [], values: paths.map(() => []) }
  }
  const fields = names.map((name, i) => field(name, inferType(pairs.map((own) => own[i][1]))))
  const values = pairs.map((own) =>
    own.map(([name, text], i) => ({ name, value: text === null ? null : parse(text, fields[i].type) })),
  )
  return { fields, values }
}

function pairsOf(path: string): [string, string | null][] {
  return path
    .split(/[\\/]/)
    .slice(0, -1)
    .flatMap((part): [string, string | null][] => {
      const equals = part.indexOf('=')
      if (equals <= 0) return []
      const text = part.slice(equals + 1)
      return [[decode(part.slice(0, equals)), text === NULL_NAME ? null : decode(text)]]
    })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that was never an escape.
    return text
  }
}

const INTEGER = /^(0|-?[1-9][0-9]{0,17})$/
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/
const DAY_MS = 86_400_000

function inferType(texts: readonly (string | null)[]): DataType {
  const present = texts.filter((text) => text !== null)
  if (present.length === 0) return UTF8
  if (present.every((text) => INTEGER.test(text))) return INT64
  if (present.every((text) => ISO_DATE.test(text) && !Number.isNaN(Date.parse(text)))) return DATE
  return UTF8
}

function parse(text: string, type: DataType): ScalarValue {
  if (type.kind === 'int') return BigInt(text)
  if (type.kind === 'date') return Date.parse(text) / DAY_MS
  return text
}

/** `key=value`, escaped so that it is one directory name. Throws VOLLEY_UNSUPPORTED for types without a text. */
export function hiveDirectory(name: string, value: ScalarValue, type: DataType): string {
  return `${encodeURIComponent(name)}=${value === null ? NULL_NAME : encodeURIComponent(print(name, value, type))}`
}

function print(name: string, value: Exclude<ScalarValue, null>, type: DataType): string {
  if (type.kind === 'date') return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10)
  if (type.kind === 'decimal') return formatDecimal(BigInt(value as bigint), type.scale)
  if (type.kind === 'timestamp') return formatTimestamp(value as bigint, type.unit)
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean'
  ) {
    return String(value)
  }
  const message = `cannot partition by column ${name} of type ${typeName(type)}`
  throw new VolleyError('VOLLEY_UNSUPPORTED', message, { column: name, actual: typeName(type) })
}
