/** Functions of the user's as stages call them in the thread of the pipeline. */

import type { FunctionDefinition } from '../../planner/pipeline/definition.js'
import { loadFunction } from './transforms/user-module.js'

export interface UserCall {
  /** Takes what the stage gives it, and a context. */
  readonly call: (input: unknown, context: unknown) => unknown
  /** What a function of a module was given in the definition; empty for others. */
  readonly kwargs: Readonly<Record<string, unknown>>
  /** As messages name it. */
  readonly label: string
  /** Whether it says that it can go on from a position. */
  readonly isResumable: boolean
}

/** Loads a function. VOLLEY_USER_FUNCTION if its module cannot be loaded, or has none of that name. */
export async function userCall(definition: FunctionDefinition): Promise<UserCall> {
  if (definition.kind === 'closure') {
    const call = definition.call as UserCall['call']
    return { call, kwargs: {}, label: definition.label, isResumable: isResumable(call) }
  }
  const { module, function: name, kwargs } = definition
  const call = (await loadFunction(definition)) as UserCall['call']
  return { call, kwargs, label: `${name} of ${module}`, isResumable: isResumable(call) }
}

function isResumable(call: object): boolean {
  return 'resumable' in call && call.resumable === true
}
