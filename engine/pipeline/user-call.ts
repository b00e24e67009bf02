/** Functions of the user's as stages call them in the thread of the pipeline. */

import type { FunctionDefinition } from '../../planner/pipeline/definition.js'
import { loadFunction } from './transforms/user-module.js'

export interface UserCall {
  /** Calls it with what the stage gives it, the arguments of its definition if it is of a module, and a context. */
  readonly take: (input: unknown, context: object) => unknown
  /** The same without an input. */
  readonly make: (context: object) => unknown
  /** As messages name it. */
  readonly label: string
  /** Whether it says that it can go on from a position. */
  readonly isResumable: boolean
}

type Call = (...parameters: unknown[]) => unknown

/** Loads a function. VOLLEY_USER_FUNCTION if its module cannot be loaded, or has none of that name. */
export async function userCall(definition: FunctionDefinition): Promise<UserCall> {
  if (definition.kind === 'closure') {
    const call = definition.call as Call
    const make: UserCall['make'] = (context) => call({}, context)
    return { take: call, make, label: definition.label, isResumable: isResumable(call) }
  }
  const { module, function: name, kwargs } = definition
  const call = (await loadFunction(definition)) as Call
  return {
    take: (input, context) => call(input, kwargs, context),
    make: (context) => call(kwargs, context),
    label: `${name} of ${module}`,
    isResumable: isResumable(call),
  }
}

function isResumable(call: object): boolean {
  return 'resumable' in call && call.resumable === true
}
