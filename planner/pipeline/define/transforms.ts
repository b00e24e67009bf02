/** Steps as users write them become transforms, in the order in which they run. */

import { parseTypeName } from '../../type-names.js'
import { field, type Schema, schemaOf } from '../../types.js'
import type { AddedColumn, FunctionDefinition, Scalar, Transform } from '../definition.js'
import { isPlain } from '../shape/check.js'
import type {
  AddedSpecification,
  FunctionSpecification,
  SchemaSpecification,
  SortSpecification,
  StepFunctionSpecification,
  TransformMapping,
  TransformSpecification,
  TransformsSpecification,
} from '../specification.js'
import { isTemplate } from '../transforms/template.js'
import { type DefinitionEnvironment, listOf } from './environment.js'

type SortKeys = Extract<Transform, { readonly kind: 'sort' }>['by']

/** `given` is of the shape of transforms. */
export function transformsOf(
  given: TransformsSpecification | undefined,
  environment: DefinitionEnvironment,
): readonly Transform[] {
  return listOf<TransformSpecification>(given as TransformSpecification).flatMap((one) =>
    typeof one === 'function' ? [{ kind: 'frame' as const, apply: one }] : stepsOf(one, environment),
  )
}

/** The order of the steps of one mapping. */
const STEPS: readonly ((given: TransformMapping, environment: DefinitionEnvironment) => readonly Transform[])[] = [
  ({ rename }) => (rename === undefined ? [] : [{ kind: 'rename', columns: rename }]),
  ({ convert }) => (convert === undefined ? [] : [{ kind: 'convert', columns: convert }]),
  ({ defaults }) => (defaults === undefined ? [] : [{ kind: 'defaults', columns: defaults }]),
  ({ add }) => (add === undefined ? [] : [{ kind: 'add', columns: addedColumns(add) }]),
  ({ filter }) => listOf(filter).map((condition) => ({ kind: 'filter', condition })),
  ({ select }) => (select === undefined ? [] : [{ kind: 'select', columns: listOf(select) }]),
  ({ drop }) => (drop === undefined ? [] : [{ kind: 'drop', columns: listOf(drop) }]),
  ({ deduplicate }) =>
    deduplicate === undefined
      ? []
      : [{ kind: 'deduplicate', key: deduplicate === true ? [] : listOf<string>(deduplicate) }],
  ({ sort }) => (sort === undefined ? [] : [{ kind: 'sort', by: sortKeys(listOf(sort)) }]),
  ({ sql }) => (sql === undefined ? [] : [{ kind: 'sql', query: sql }]),
  ({ jsonata }) => {
    if (jsonata === undefined) return []
    const { expression, mode = 'record', schema } = typeof jsonata === 'string' ? { expression: jsonata } : jsonata
    return [{ kind: 'jsonata', expression, mode, schema: declaredSchema(schema) }]
  },
  (given, environment) =>
    listOf<StepFunctionSpecification>(given.function).map((one) => ({
      kind: 'function',
      function: stepFunction(one, environment),
      schema: declaredSchema(one.schema),
    })),
]

function stepsOf(given: TransformMapping, environment: DefinitionEnvironment): readonly Transform[] {
  return STEPS.flatMap((step) => step(given, environment)).filter((transform) => !isEmpty(transform))
}

/** A mapping without entries does nothing. */
function isEmpty(transform: Transform): boolean {
  return 'columns' in transform && Object.keys(transform.columns).length === 0
}

function addedColumns(
  given: Readonly<Record<string, Scalar | AddedSpecification>>,
): Readonly<Record<string, AddedColumn>> {
  return Object.fromEntries(Object.entries(given).map(([name, added]) => [name, addedColumn(added)]))
}

function addedColumn(given: Scalar | AddedSpecification): AddedColumn {
  if (typeof given === 'string') {
    return isTemplate(given) ? { kind: 'template', template: given } : { kind: 'expression', expression: given }
  }
  if (!isPlain(given)) return { kind: 'value', value: given as Scalar }
  const added = given as AddedSpecification
  if ('template' in added) return { kind: 'template', template: added.template }
  return 'expression' in added
    ? { kind: 'expression', expression: added.expression }
    : { kind: 'value', value: added.value }
}

function sortKeys(given: readonly SortSpecification[]): SortKeys {
  return given.map((key) => {
    if (typeof key !== 'string') {
      return {
        column: 'by' in key ? key.by : key.column,
        descending: key.descending ?? false,
        nulls: key.nulls ?? null,
      }
    }
    const [, column = key, order, nulls] =
      /^\s*(.+?)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*$/is.exec(key) ?? []
    return {
      column,
      descending: order?.toLowerCase() === 'desc',
      nulls: nulls === undefined ? null : nulls.toLowerCase() === 'first' ? 'first' : 'last',
    }
  })
}

function stepFunction(given: StepFunctionSpecification, environment: DefinitionEnvironment): FunctionDefinition {
  if (!('call' in given)) return moduleFunction(given, environment)
  return { kind: 'closure', call: given.call, label: given.call.name || 'a function', mode: given.mode ?? 'record' }
}

export function moduleFunction(given: FunctionSpecification, { resolve }: DefinitionEnvironment): FunctionDefinition {
  const { module } = given
  return {
    kind: 'module',
    module: /^\.{1,2}[/\\]|^[/\\]|^[a-z]:[/\\]|\.[cm]?[jt]s$/i.test(module) ? resolve(module) : module,
    function: given.function ?? 'default',
    mode: given.mode ?? 'record',
    kwargs: given.kwargs ?? {},
  }
}

export function declaredSchema(given: SchemaSpecification | undefined): Schema | null {
  if (given === undefined) return null
  return schemaOf(Object.entries(given).map(([name, type]) => field(name, parseTypeName(type))))
}
