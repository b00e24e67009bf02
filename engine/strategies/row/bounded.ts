/** Tells which pipelines can run record by record. */

import { unreachable } from '../../../planner/errors.js'
import type { TypedAggregate } from '../../../planner/expression.js'
import type { Pipeline, PipelineSource } from '../pipeline.js'
import type { Unsupported } from '../strategy.js'

/** True, or why not: what needs all of its input cannot have an input that never ends. */
export function supportsRecords({ source, steps }: Pipeline): true | Unsupported {
  for (const step of steps) {
    if (step.kind !== 'join') continue
    const refused = joinRefused(step.build)
    if (refused !== true) return refused
  }
  return sourceSupported(source)
}

function sourceSupported(source: PipelineSource): true | Unsupported {
  switch (source.kind) {
    case 'scan':
    case 'stream':
      return true
    case 'aggregate': {
      const hoarding = isBounded(source.input) ? undefined : source.aggregates.find(keepsValues)
      if (hoarding !== undefined) return { reason: `${hoarding.function} keeps all values of an unbounded input` }
      return supportsRecords(source.input)
    }
    case 'sort':
      if (source.limit === null && !isBounded(source.input)) {
        return { reason: 'a full sort needs all of an unbounded input' }
      }
      return supportsRecords(source.input)
    case 'window':
      if (!isBounded(source.input)) return { reason: 'a window needs all of an unbounded input' }
      return supportsRecords(source.input)
    case 'limit':
    case 'closure':
    case 'component':
      return supportsRecords(source.input)
    case 'union':
      return firstRefusal(source.inputs.map(supportsRecords))
    case 'outerJoin':
      return firstRefusal([joinRefused(source.join.build), supportsRecords(source.input)])
    default:
      return unreachable(source)
  }
}

function joinRefused(build: Pipeline): true | Unsupported {
  if (!isBounded(build)) return { reason: 'a join keeps all of its right side, which is unbounded' }
  return supportsRecords(build)
}

function firstRefusal(answers: readonly (true | Unsupported)[]): true | Unsupported {
  return answers.find((answer) => answer !== true) ?? true
}

/** True of aggregates whose state grows with every value. */
function keepsValues({ function: name }: TypedAggregate): boolean {
  return name === 'median' || name === 'quantileCont' || name === 'quantileDisc'
}

/** False if the rows of a pipeline may never end. Of an aggregate there are rows only if its input has ended. */
function isBounded({ source }: Pipeline): boolean {
  switch (source.kind) {
    case 'scan':
      return source.source.bounded
    case 'limit':
      return source.count !== null || isBounded(source.input)
    case 'aggregate':
    case 'sort':
    case 'window':
    case 'stream':
      return true
    case 'union':
      return source.inputs.every(isBounded)
    case 'closure':
    case 'component':
    case 'outerJoin':
      return isBounded(source.input)
    default:
      return unreachable(source)
  }
}
