/** The steps of a worker's chain over records one by one, where a whole slice cannot be computed for some of them. */

import { unreachable } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { withOwnScratch } from '../../kernels/context.js'
import { moduleCall } from '../../operators/map.js'
import type { ChainStep } from '../../workers/messages.js'
import type { TaskContext } from '../../workers/task-context.js'
import { mapRecords, mapSlices } from './functions.js'
import { isRecordStep } from './records.js'
import type { OnReject, Slices } from './slices.js'
import { probedSlices, recordSlices, topSlices } from './stages.js'

export interface RecordChain {
  readonly slices: Slices
  /** Gives the scratch of the steps back. */
  readonly free: () => void
}

/** `input` has the columns of `schema`. What its records cannot be passed through goes to `onReject`. */
export async function recordChain(
  context: TaskContext,
  schema: Schema,
  steps: readonly ChainStep[],
  onReject: OnReject,
  input: Slices,
): Promise<RecordChain> {
  const contexts: TaskContext[] = []
  const ownContext = () => {
    const own = withOwnScratch(context)
    contexts.push(own)
    return own
  }
  let slices = input
  let current = schema
  for (let next = 0; next < steps.length; ) {
    const step = steps[next]
    switch (step.kind) {
      case 'filter':
      case 'project':
      case 'check': {
        const rest = steps.slice(next)
        const end = rest.findIndex((one) => !isRecordStep(one))
        const fused = rest.slice(0, end < 0 ? rest.length : end).filter(isRecordStep)
        slices = recordSlices(ownContext(), current, fused, onReject, slices)
        next += fused.length
        break
      }
      case 'top':
        slices = topSlices(ownContext(), step, slices)
        next++
        break
      case 'firstRows':
        // It only saves what follows some work.
        next++
        break
      case 'probe':
        slices = probedSlices(ownContext(), step, slices)
        next++
        break
      case 'map': {
        const call = await moduleCall(context, step.function)
        slices =
          step.mode === 'row'
            ? mapRecords(ownContext(), call, step.schema, slices, onReject)
            : mapSlices(ownContext(), call, step.schema, slices)
        next++
        break
      }
      default:
        return unreachable(step)
    }
    current = steps.slice(0, next).reduce((known, one) => ('schema' in one ? one.schema : known), schema)
  }
  return {
    slices,
    free: () => {
      for (const own of contexts) own.freeScratch()
    },
  }
}
