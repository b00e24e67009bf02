/** Plans of chains and of stages in shared memory: written once by the coordinator, read once by each worker. */

import { deserialize, serialize } from 'node:v8'
import type { MemoryViews } from '../../io/batch.js'
import { VolleyError } from '../../planner/errors.js'
import type { ChainPlan, PublishedChain } from './messages.js'
import type { StagePlan } from './stage-plan.js'
import type { TaskContext } from './task-context.js'

let plans = 0

/** The block belongs to the run of `context`, with which it goes. */
export function publishChain(context: TaskContext, plan: ChainPlan | StagePlan): PublishedChain {
  const bytes = serialized(plan)
  const address = context.allocate(bytes.length)
  context.memory.u8.set(bytes, address)
  return { id: ++plans, address, bytes: bytes.length }
}

function serialized(plan: ChainPlan | StagePlan): Buffer {
  try {
    return serialize(plan)
  } catch (cause) {
    // All else in a plan is plain data.
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `kwargs cannot be sent to worker threads: ${reason}`, {}, cause)
  }
}

const KEPT = 64
const known = new Map<number, unknown>()

/** The same object for the same chain, so that what is derived from its nodes can be kept by identity. */
export function chainPlan(memory: MemoryViews, chain: PublishedChain): ChainPlan {
  return published(memory, chain) as ChainPlan
}

export function stagePlan(memory: MemoryViews, stage: PublishedChain): StagePlan {
  return published(memory, stage) as StagePlan
}

function published(memory: MemoryViews, { id, address, bytes }: PublishedChain): unknown {
  let plan = known.get(id)
  if (plan === undefined) {
    plan = deserialize(Uint8Array.from(memory.u8.subarray(address, address + bytes)))
    known.set(id, plan)
    if (known.size > KEPT) known.delete(known.keys().next().value as number)
  }
  return plan
}
