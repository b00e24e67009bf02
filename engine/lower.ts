/** Lowers a resolved plan to pipelines, cutting it at the breakers. */

import type { Source } from '../io/source.js'
import { unreachable } from '../planner/errors.js'
import type { NamedExpression, TypedAggregate, TypedExpression } from '../planner/expression.js'
import type { ResolvedPlan, TableSource } from '../planner/logical-plan.js'
import { type DataType, type Schema, schemaOf, typesEqual } from '../planner/types.js'
import type { PlanPart } from './metrics/plan-part.js'
import type { JoinStep, Pipeline, PipelineSource, PipelineStep } from './strategies/pipeline.js'

export type SourceLookup = (source: TableSource) => Source

/** The pieces of the pipelines name the nodes of the plan that they come of. */
export function lower(plan: ResolvedPlan, sourceOf: SourceLookup): Pipeline {
  let nodes = 0
  return lowerNode(plan, { sourceOf, nextIndex: () => nodes++ })
}

interface Lowering {
  readonly sourceOf: SourceLookup
  /** Counts nodes in the order of `nodesOf`: asked before a node's inputs are lowered, from left to right. */
  readonly nextIndex: () => number
}

function lowerNode(plan: ResolvedPlan, lowering: Lowering): Pipeline {
  const index = lowering.nextIndex()
  const whole: PlanPart = { index, place: 'whole' }
  const lowered = (input: ResolvedPlan) => lowerNode(input, lowering)
  switch (plan.kind) {
    case 'scan': {
      const node: PlanPart = plan.limit === null ? whole : { index, place: 'first' }
      const scan: Pipeline = from(
        {
          kind: 'scan',
          source: lowering.sourceOf(plan.source),
          columns: plan.schema.fields.map((field) => field.name),
          predicate: plan.predicate,
          node,
        },
        plan.schema,
      )
      return plan.limit === null
        ? scan
        : from(
            { kind: 'limit', input: scan, count: plan.limit, offset: 0, node: { index, place: 'last' } },
            plan.schema,
          )
    }
    case 'filter':
      return then(lowered(plan.input), { kind: 'filter', predicate: plan.predicate, node: whole }, plan.schema)
    case 'project':
      return then(
        lowered(plan.input),
        { kind: 'project', schema: plan.schema, expressions: plan.expressions, node: whole },
        plan.schema,
      )
    case 'aggregate':
      return from(
        { kind: 'aggregate', input: lowered(plan.input), keys: plan.keys, aggregates: plan.aggregates, node: whole },
        plan.schema,
      )
    case 'distinct':
      return lowerDistinct(plan, lowered(plan.input), index)
    case 'sort': {
      const input = lowered(plan.input)
      const { keys, limit } = plan
      if (limit === null) return from({ kind: 'sort', input, keys, limit, node: whole }, plan.schema)
      const fed = then(input, { kind: 'top', keys, limit, node: { index, place: 'first' } }, input.schema)
      return from({ kind: 'sort', input: fed, keys, limit, node: { index, place: 'last' } }, plan.schema)
    }
    case 'limit':
      return from(
        { kind: 'limit', input: lowered(plan.input), count: plan.count, offset: plan.offset, node: whole },
        plan.schema,
      )
    case 'union':
      return from({ kind: 'union', inputs: plan.inputs.map(lowered), node: whole }, plan.schema)
    case 'window':
      return from(
        { kind: 'window', input: lowered(plan.input), windows: plan.windows, first: plan.first ?? null, node: whole },
        plan.schema,
      )
    case 'map': {
      const input = lowered(plan.input)
      const { mode, schema } = plan
      return plan.function.kind === 'module'
        ? then(input, { kind: 'map', mode, function: plan.function, schema, node: whole }, schema)
        : from({ kind: 'closure', input, mode, function: plan.function, schema, node: whole }, schema)
    }
    case 'component': {
      const { component, input: inputPlan, ports, schema } = plan
      const input = lowered(inputPlan)
      return from({ kind: 'component', input, inputPlan, component, ports, schema, node: whole }, schema)
    }
    case 'join':
      return lowerJoin(plan, lowered(plan.left), lowered(plan.right), index)
    default:
      return unreachable(plan)
  }
}

function from(source: PipelineSource, schema: Schema): Pipeline {
  return { source, steps: [], schema }
}

function then(input: Pipeline, step: PipelineStep, schema: Schema): Pipeline {
  return { source: input.source, steps: [...input.steps, step], schema }
}

/** Distinct rows are groups; a column that is not compared is the first of its group. */
function lowerDistinct(plan: Extract<ResolvedPlan, { kind: 'distinct' }>, input: Pipeline, index: number): Pipeline {
  const { fields } = plan.schema
  const column = (index: number): NamedExpression => ({
    name: fields[index].name,
    expression: { kind: 'column', index, name: fields[index].name, type: fields[index].type },
  })
  const compared = new Set(plan.on)
  const others = fields.map((_, index) => index).filter((index) => !compared.has(index))
  const aggregates = others.map(
    (index): TypedAggregate => ({
      name: fields[index].name,
      function: 'first',
      argument: column(index).expression,
      parameter: null,
      distinct: false,
      filter: null,
      type: fields[index].type,
    }),
  )
  const order = [...plan.on, ...others]
  const grouped = schemaOf(order.map((index) => fields[index]))
  const isInOrder = order.every((index, place) => index === place)
  const groups = from(
    {
      kind: 'aggregate',
      input,
      keys: plan.on.map(column),
      aggregates,
      node: { index, place: isInOrder ? 'whole' : 'first' },
    },
    grouped,
  )
  if (isInOrder) return { ...groups, schema: plan.schema }
  const expressions = fields.map((field, index): NamedExpression => {
    const place = order.indexOf(index)
    return { name: field.name, expression: { kind: 'column', index: place, name: field.name, type: field.type } }
  })
  const arrangement: PipelineStep = {
    kind: 'project',
    schema: plan.schema,
    expressions,
    node: { index, place: 'last' },
  }
  return then(groups, arrangement, plan.schema)
}

type JoinPlan = Extract<ResolvedPlan, { kind: 'join' }>

/**
 * The right side is built, the left flows through. A right join is a left join with the sides exchanged. Right and full
 * joins put out all columns of both sides; a projection then takes shared keys from the side that has the row.
 */
function lowerJoin(plan: JoinPlan, left: Pipeline, right: Pipeline, index: number): Pipeline {
  const first: PlanPart = { index, place: 'first' }
  const last: PlanPart = { index, place: 'last' }
  if (plan.how === 'right') {
    const step = joinStep('left', right, left, plan.rightKeys, plan.leftKeys)
    const joined = then(right, { ...step, node: first }, step.schema)
    const columnsOfLeft = right.schema.fields.length
    const arrangement = arranged(plan, step.schema, columnsOfLeft, 0, 'right')
    return then(joined, { ...arrangement, node: last }, plan.schema)
  }
  if (plan.how === 'full') {
    const step = joinStep('full', left, right, plan.leftKeys, plan.rightKeys)
    const joined = from({ kind: 'outerJoin', input: left, join: { ...step, node: first }, node: first }, step.schema)
    const arrangement = arranged(plan, step.schema, 0, left.schema.fields.length, 'either')
    return then(joined, { ...arrangement, node: last }, plan.schema)
  }
  const buildColumns = plan.how === 'semi' || plan.how === 'anti' ? [] : plan.rightColumns
  const step = joinStep(plan.how, left, right, plan.leftKeys, plan.rightKeys, buildColumns)
  return then(left, { ...step, schema: plan.schema, node: { index, place: 'whole' } }, plan.schema)
}

function joinStep(
  how: JoinStep['how'],
  probe: Pipeline,
  build: Pipeline,
  probeKeys: readonly TypedExpression[],
  buildKeys: readonly TypedExpression[],
  buildColumns: readonly number[] = build.schema.fields.map((_, index) => index),
): JoinStep {
  const schema = schemaOf([...probe.schema.fields, ...buildColumns.map((index) => build.schema.fields[index])])
  return { kind: 'join', how, schema, probeKeys, buildKeys, build, buildColumns }
}

/** Projects the columns of both sides, which start at `leftStart` and `rightStart` of `joined`, to the plan's. */
function arranged(
  plan: JoinPlan,
  joined: Schema,
  leftStart: number,
  rightStart: number,
  sharedFrom: 'right' | 'either',
): PipelineStep {
  const column = (index: number): TypedExpression => ({ kind: 'column', index, ...joined.fields[index] })
  const ofLeft = plan.left.schema.fields.map((field, index) => {
    const key = plan.sharedKeys ? plan.leftKeys.findIndex((expression) => columnBehind(expression) === index) : -1
    if (key < 0) return column(leftStart + index)
    const shared = castTo(shifted(plan.rightKeys[key], rightStart), field.type)
    if (sharedFrom === 'right') return shared
    const parameters = [column(leftStart + index), shared]
    return { kind: 'call', function: 'coalesce', arguments: parameters, type: field.type } as const
  })
  const all = [...ofLeft, ...plan.rightColumns.map((index) => column(rightStart + index))]
  const expressions = plan.schema.fields.map((field, index) => ({ name: field.name, expression: all[index] }))
  return { kind: 'project', schema: plan.schema, expressions }
}

/** The column a join key is, perhaps behind the cast to the common type of both keys; -1 if it is none. */
function columnBehind(expression: TypedExpression): number {
  if (expression.kind === 'cast') return columnBehind(expression.argument)
  return expression.kind === 'column' ? expression.index : -1
}

function castTo(expression: TypedExpression, type: DataType): TypedExpression {
  if (typesEqual(expression.type, type)) return expression
  return { kind: 'cast', argument: expression, type, try: false }
}

/** The same expression over a schema in which its columns start `by` places later. */
function shifted(expression: TypedExpression, by: number): TypedExpression {
  switch (expression.kind) {
    case 'column':
      return { ...expression, index: expression.index + by }
    case 'literal':
      return expression
    case 'call':
      return { ...expression, arguments: expression.arguments.map((argument) => shifted(argument, by)) }
    case 'cast':
      return { ...expression, argument: shifted(expression.argument, by) }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map(({ when, then }) => ({ when: shifted(when, by), then: shifted(then, by) })),
        otherwise: shifted(expression.otherwise, by),
      }
    default:
      return unreachable(expression)
  }
}
