/** Resolves unions: columns are matched by place and brought to common types. */

import { VolleyError } from '../errors.js'
import { commonTypeOf } from '../functions.js'
import type { ResolvedPlan } from '../logical-plan.js'
import { type DataType, field, isNested, schemaOf, typeName, typesEqual, UTF8 } from '../types.js'
import { columnAt } from './columns.js'
import { cast } from './constants.js'
import { castColumns } from './projection.js'

/** @throws VolleyError VOLLEY_SCHEMA_MISMATCH if the inputs have not as many columns, or types without a common one. */
export function resolveUnion(inputs: readonly ResolvedPlan[]): ResolvedPlan {
  const [first] = inputs
  const count = first.schema.fields.length
  inputs.forEach(({ schema }, i) => {
    if (schema.fields.length !== count) {
      throw new VolleyError(
        'VOLLEY_SCHEMA_MISMATCH',
        `input ${i + 1} of the union has ${schema.fields.length} columns, but the first has ${count}`,
        { expected: `${count} columns`, actual: `${schema.fields.length} columns` },
      )
    }
  })
  const fields = first.schema.fields.map(({ name }, i) => {
    const types = inputs.map(({ schema }) => schema.fields[i].type)
    const nullable = inputs.some(({ schema }) => schema.fields[i].nullable)
    return field(name, columnType(name, types), nullable)
  })
  const converted = inputs.map((input) =>
    castTo(
      input,
      fields.map(({ type }) => type),
    ),
  )
  return { kind: 'union', schema: schemaOf(fields), inputs: converted }
}

/** Where types have nothing else in common, text takes in the others, as in SQL. */
function columnType(name: string, types: readonly DataType[]): DataType {
  if (types.every((type) => typesEqual(type, types[0]))) return types[0]
  if (!types.some(isNested)) {
    const common = commonTypeOf(types.map((type) => ({ type, literal: undefined })))
    if (common !== null) return common
    if (types.some((type) => type.kind === 'utf8')) return UTF8
  }
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `the inputs of the union have ${types.map(typeName).join(', ')} for the column ${name}: cast them to one type`,
    { column: name, expected: typeName(types[0]), actual: types.map(typeName).join(', ') },
  )
}

function castTo(input: ResolvedPlan, types: readonly DataType[]): ResolvedPlan {
  return castColumns(
    input,
    types.map((type, i) => cast(columnAt(input.schema, i), type)),
  )
}
