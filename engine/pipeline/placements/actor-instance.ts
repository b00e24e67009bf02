/** What an actor keeps from batch to batch: an instance of the module's class, or what its factory made. */

import { VolleyError } from '../../../planner/errors.js'
import type { FunctionContext } from '../../../planner/pipeline/definition.js'
import type { StageFunction } from '../../operators/call.js'
import { loadFunction } from '../../operators/map.js'
import type { FunctionBody } from '../../workers/stage-plan.js'
import { isClass } from '../../workers/stage-task.js'
import type { Json } from '../stage.js'
import type { GuestSkills } from './guest-messages.js'

/** What a class or a factory gives; a plain function is its own `process`. */
interface Instance {
  process(input: unknown, context: FunctionContext): unknown
  finish?(context: FunctionContext): unknown
  save?(): unknown
  restore?(state: Json): unknown
  message?(text: string): unknown
}

export interface Actor {
  readonly function: StageFunction
  readonly skills: GuestSkills
  finish(context: FunctionContext): unknown
  save(): Promise<Json>
  restore(state: Json): Promise<void>
  message(text: string): Promise<Json>
}

/** Makers are classes, and functions whose names begin with `create`. They get `kwargs` and the name of the stage. */
export async function makeActor(
  stage: string,
  { function: source, mode }: Omit<FunctionBody, 'schemas'>,
): Promise<Actor> {
  const { module, function: name, kwargs } = source
  const exported = await loadFunction(source)
  const label = `${name} of ${module}`
  const isMaker = isClass(exported) || name.startsWith('create')
  if (!isMaker) return actorOf({ process: (input, context) => exported(input, kwargs, context) }, false)

  const instance = (await made(exported)) as Partial<Instance> | null | undefined
  if (typeof instance?.process !== 'function') {
    throw new VolleyError(
      'VOLLEY_USER_FUNCTION',
      `stage '${stage}': ${label} made no object with a method process(${mode})`,
      { stage, path: module },
    )
  }
  return actorOf(instance as Instance, true)

  async function made(maker: unknown): Promise<unknown> {
    const context = { stage }
    try {
      if (isClass(maker)) return new (maker as new (...given: unknown[]) => unknown)(kwargs, context)
      return await (maker as (...given: unknown[]) => unknown)(kwargs, context)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new VolleyError('VOLLEY_USER_FUNCTION', `stage '${stage}': ${label} failed: ${message}`, { stage }, cause)
    }
  }

  function actorOf(instance: Instance, isStateful: boolean): Actor {
    const has = (method: keyof Instance) => typeof instance[method] === 'function'
    return {
      function: { stage, label, mode, call: (input, context) => instance.process(input, context) },
      skills: { isStateful, saves: has('save') && has('restore'), takesMessages: has('message') },
      finish: (context) => instance.finish?.(context),
      save: async () => plainData(stage, label, await attempt('save', () => instance.save?.())),
      restore: async (state) => void (await attempt('restore', () => instance.restore?.(state))),
      message: async (text) => plainData(stage, label, await attempt('message', () => instance.message?.(text))),
    }
  }

  async function attempt(method: string, call: () => unknown): Promise<unknown> {
    try {
      return await call()
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new VolleyError(
        'VOLLEY_USER_FUNCTION',
        `stage '${stage}': ${method} of ${label} failed: ${message}`,
        { stage },
        cause,
      )
    }
  }
}

/** States and answers are kept as JSON: what that would change in silence is refused. */
function plainData(stage: string, label: string, value: unknown): Json {
  if (value === undefined) return null
  try {
    return JSON.parse(JSON.stringify(value, refuseOthers)) as Json
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new VolleyError(
      'VOLLEY_USER_FUNCTION',
      `stage '${stage}': what ${label} gives is not plain data: ${message}`,
      { stage },
      cause,
    )
  }
}

function refuseOthers(key: string, value: unknown): unknown {
  const isContainer = value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)
  if (isContainer) throw new TypeError(`'${key}' is a ${value.constructor.name}: give objects and arrays`)
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`'${key}' is a ${typeof value}`)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`'${key}' is ${value}`)
  return value
}
