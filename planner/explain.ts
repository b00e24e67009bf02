/** Describes a resolved plan: as a tree of text, one node a line, and as plain data of the same content. */

import { MAIN_PORT } from './component.js'
import { unreachable } from './errors.js'
import type { NamedExpression } from './expression.js'
import { formatAggregate, formatExpression, formatName, formatSortKey, formatWindow } from './format-expression.js'
import type { ResolvedPlan, UserFunction } from './logical-plan.js'
import { inputsOf, type PlanOf } from './plan-tree.js'
import { typeName } from './types.js'

/** What an engine knows of a node beyond the plan: estimated rows, row groups read, where a function runs. */
export type Annotate = (node: ResolvedPlan) => readonly string[]

/** Plain data: `JSON.stringify` gives all of it. */
export interface ExplainedNode {
  readonly operator: ResolvedPlan['kind']
  /** What the operator does, in the order of the text: `by`, `where`, `limit`, ... */
  readonly properties: Readonly<Record<string, string | number | readonly string[]>>
  /** The output: `name TYPE`. */
  readonly columns: readonly string[]
  readonly annotations: readonly string[]
  readonly inputs: readonly ExplainedNode[]
}

const NO_ANNOTATIONS: Annotate = () => []

export function explainJson(plan: ResolvedPlan, annotate: Annotate = NO_ANNOTATIONS): ExplainedNode {
  return {
    operator: plan.kind,
    properties: propertiesOf(plan),
    columns: plan.schema.fields.map((field) => `${field.name} ${typeName(field.type)}`),
    annotations: [...annotate(plan)],
    inputs: inputsOf(plan).map((input) => explainJson(input, annotate)),
  }
}

/** Ends with a line break. */
export function explainText(plan: ResolvedPlan, annotate: Annotate = NO_ANNOTATIONS): string {
  return `${treeLines(explainJson(plan, annotate), lineOf).join('\n')}\n`
}

interface TreeNode<Node> {
  readonly inputs: readonly Node[]
}

/** Draws a tree, a line a node in preorder. */
export function treeLines<Node extends TreeNode<Node>>(node: Node, lineOf: (node: Node) => string): readonly string[] {
  const children = node.inputs.flatMap((input, i) => {
    const isLast = i === node.inputs.length - 1
    return treeLines(input, lineOf).map((line, row) => {
      const branch = row === 0 ? (isLast ? '└─ ' : '├─ ') : isLast ? '   ' : '│  '
      return branch + line
    })
  })
  return [lineOf(node), ...children]
}

/** Properties that need no name in the text, because there is one for each operator. */
const UNNAMED = new Set(['source', 'kind', 'condition', 'expressions', 'function', 'component'])

function lineOf(node: ExplainedNode): string {
  const notes = node.annotations.length === 0 ? '' : ` [${node.annotations.join(', ')}]`
  return labelOf(node) + notes
}

/** What a node does, without annotations. */
export function labelOf({ operator, properties }: Pick<ExplainedNode, 'operator' | 'properties'>): string {
  const parts = Object.entries(properties).map(([name, value]) => {
    // The filter right above says which.
    if (operator === 'scan' && name === 'where') return 'filter pushed down'
    const text = Array.isArray(value) ? value.join(', ') : String(value)
    if (text === '') return `no ${name}`
    return UNNAMED.has(name) ? text : `${name} ${text}`
  })
  return parts.length === 0 ? operator : `${operator} ${parts.join('; ')}`
}

function propertiesOf(plan: ResolvedPlan): ExplainedNode['properties'] {
  switch (plan.kind) {
    case 'scan':
      return {
        source: `${plan.source.format} ${plan.source.label}`,
        columns: plan.schema.fields.map((field) => field.name),
        ...(plan.predicate && { where: formatExpression(plan.predicate) }),
        ...(plan.limit !== null && { limit: plan.limit }),
      }
    case 'filter':
      return { condition: formatExpression(plan.predicate) }
    case 'project':
      return { expressions: plan.expressions.map(formatNamed) }
    case 'aggregate':
      return {
        ...(plan.keys.length > 0 && { by: plan.keys.map(formatNamed) }),
        compute: plan.aggregates.map((one) => `${formatAggregate(one)} AS ${formatName(one.name)}`),
      }
    case 'join':
      return joinProperties(plan)
    case 'sort':
      return { by: plan.keys.map(formatSortKey), ...(plan.limit !== null && { limit: plan.limit }) }
    case 'limit':
      return {
        ...(plan.count !== null && { count: plan.count }),
        ...(plan.offset > 0 && { offset: plan.offset }),
      }
    case 'distinct':
      return { on: plan.on.map((index) => plan.schema.fields[index].name) }
    case 'union':
      return {}
    case 'map':
      return { function: `${plan.mode} ${functionLabel(plan.function)}` }
    case 'component': {
      const { [MAIN_PORT]: _, ...others } = plan.ports
      const names = Object.keys(others)
      return { component: plan.component.name, ...(names.length > 0 && { ports: names }) }
    }
    case 'window':
      return {
        compute: plan.windows.map((one) => `${formatWindow(one)} AS ${formatName(one.name)}`),
        ...(plan.first !== undefined && { 'first of each partition': plan.first.count }),
      }
    default:
      return unreachable(plan)
  }
}

function joinProperties(plan: PlanOf<'join'>): ExplainedNode['properties'] {
  const pairs = plan.leftKeys.map((key, i) => `${formatExpression(key)} = ${formatExpression(plan.rightKeys[i])}`)
  return { kind: plan.how, ...(pairs.length > 0 && { on: pairs }) }
}

function functionLabel(userFunction: UserFunction): string {
  return userFunction.kind === 'closure' ? userFunction.label : `${userFunction.function} of ${userFunction.module}`
}

function formatNamed({ name, expression }: NamedExpression): string {
  const text = formatExpression(expression)
  return text === formatName(name) ? text : `${text} AS ${formatName(name)}`
}
