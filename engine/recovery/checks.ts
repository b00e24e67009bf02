/**
 * Checks in front of breakers and joins, for runs that leave out records which cannot be processed.
 *
 * Filters, projections and functions drop such records themselves. Keys and arguments of breakers are computed where many
 * records are together already, or after a shared state was changed: a check before lets only those pass for which they can be
 * computed.
 */

import { unreachable } from '../../planner/errors.js'
import type { TypedExpression } from '../../planner/expression.js'
import { typedChildrenOf } from '../../planner/expression-tree.js'
import { kernelFor } from '../kernels/registry.js'
import type { JoinStep, Pipeline, PipelineSource, PipelineStep } from '../strategies/pipeline.js'

export function withChecks({ source, steps, schema }: Pipeline): Pipeline {
  return { source: checkedSource(source), steps: steps.flatMap(checkedStep), schema }
}

function checkedStep(step: PipelineStep): readonly PipelineStep[] {
  switch (step.kind) {
    case 'join':
      return [...checkOf('join', step.probeKeys), checkedJoin(step)]
    case 'top':
      return [
        ...checkOf(
          'sort',
          step.keys.map((key) => key.expression),
        ),
        step,
      ]
    case 'filter':
    case 'project':
    case 'check':
    case 'map':
      return [step]
    default:
      return unreachable(step)
  }
}

function checkedJoin(join: JoinStep): JoinStep {
  return { ...join, build: checkedInput('join', join.build, join.buildKeys) }
}

function checkedSource(source: PipelineSource): PipelineSource {
  switch (source.kind) {
    case 'scan':
    case 'stream':
      return source
    case 'aggregate': {
      const { keys, aggregates } = source
      const computed = [
        ...keys.map((key) => key.expression),
        ...aggregates.flatMap(({ argument, filter }) => [argument, filter]),
      ]
      return { ...source, input: checkedInput('aggregate', source.input, computed) }
    }
    case 'sort': {
      const keys = source.keys.map((key) => key.expression)
      return { ...source, input: checkedInput('sort', source.input, keys) }
    }
    case 'window': {
      const computed = source.windows.flatMap((window) => [
        ...window.arguments,
        ...window.partitionBy,
        ...window.orderBy.map((key) => key.expression),
      ])
      return { ...source, input: checkedInput('window', source.input, computed) }
    }
    case 'outerJoin': {
      const { input, join } = source
      return { ...source, input: checkedInput('join', input, join.probeKeys), join: checkedJoin(join) }
    }
    case 'union':
      return { ...source, inputs: source.inputs.map(withChecks) }
    case 'limit':
    case 'closure':
    case 'component':
      return { ...source, input: withChecks(source.input) }
    default:
      return unreachable(source)
  }
}

function checkedInput(label: string, input: Pipeline, computed: readonly (TypedExpression | null)[]): Pipeline {
  const { source, steps, schema } = withChecks(input)
  return { source, steps: [...steps, ...checkOf(label, computed)], schema }
}

function checkOf(label: string, computed: readonly (TypedExpression | null)[]): readonly PipelineStep[] {
  const expressions = computed.filter((expression) => expression !== null).filter(canFail)
  return expressions.length === 0 ? [] : [{ kind: 'check', label, expressions }]
}

/** False of expressions that can be computed for every record. */
function canFail(expression: TypedExpression): boolean {
  if (expression.kind === 'cast' && !expression.try) return true
  if (expression.kind === 'call' && kernelFor(expression.function).canFail) return true
  return typedChildrenOf(expression).some(canFail)
}
