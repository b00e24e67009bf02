/** Does to a batch what the plan of a pipeline's stage says, in whichever thread or process the stage is placed. */

import type { Batch } from '../../io/batch.js'
import { unreachable, VolleyError } from '../../planner/errors.js'
import { unlessCancelled } from '../cancellation.js'
import { callWithBatch, MAIN_PORT, type StageFunction } from '../operators/call.js'
import type { CalledOutput } from '../operators/called-outputs.js'
import { Chain } from '../operators/chain.js'
import { loadFunction } from '../operators/map.js'
import { batchNumbers, batchOfNumbers } from './batch-numbers.js'
import type { ReplyOf, TaskOf } from './messages.js'
import { stagePlan } from './published-chain.js'
import type { ChainBody, FunctionBody, StagePlan } from './stage-plan.js'
import type { TaskContext } from './task-context.js'

export async function runStageTask(context: TaskContext, task: TaskOf<'stage'>): Promise<ReplyOf<'stage'>> {
  const plan = stagePlan(context.memory, task.plan)
  const outputs = await runStage(context, plan, batchOfNumbers(plan.input, task.batch))
  const known = plan.body.kind === 'function' ? plan.body.schemas : {}
  const packed = outputs.map(({ port, batch, isInferred }) => {
    const isKnown = plan.body.kind === 'chain' || Object.hasOwn(known, port)
    return { port, batch: batchNumbers(batch), schema: isKnown ? null : { schema: batch.schema, isInferred } }
  })
  return { outputs: packed }
}

/** What the stage makes of a batch, which stays the caller's; the outputs' blocks are the caller's, too. */
export async function runStage(
  context: TaskContext,
  { stage, body }: StagePlan,
  batch: Batch,
): Promise<readonly CalledOutput[]> {
  switch (body.kind) {
    case 'chain':
      return runChainBody(context, body, batch)
    case 'function': {
      const loaded = functions.get(body) ?? (await stageFunction(context, stage, body))
      functions.set(body, loaded)
      const outputs = await callWithBatch(context, loaded, body.schemas, batch)
      await errorsLeftBehind()
      return outputs
    }
    default:
      return unreachable(body)
  }
}

/** Loaded functions, by the plans that name them. */
const functions = new WeakMap<FunctionBody, StageFunction>()

/** Loads the function of a stage. Classes are refused: only actors keep what is made of them. */
export async function stageFunction(
  { checkCancelled }: Pick<TaskContext, 'checkCancelled'>,
  stage: string,
  { function: source, mode }: Pick<FunctionBody, 'function' | 'mode'>,
): Promise<StageFunction> {
  const { module, function: name, kwargs } = source
  const call = await unlessCancelled(loadFunction(source), checkCancelled)
  if (isClass(call)) {
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      `stage '${stage}': ${name} of ${module} is a class, which keeps state between batches: place the stage as 'actor'`,
      { stage, path: module },
    )
  }
  return { stage, label: `${name} of ${module}`, mode, call: (input, context) => call(input, kwargs, context) }
}

export function isClass(call: unknown): boolean {
  return typeof call === 'function' && /^class\b/.test(Function.prototype.toString.call(call))
}

async function runChainBody(
  context: TaskContext,
  { columns, plan, output }: ChainBody,
  batch: Batch,
): Promise<readonly CalledOutput[]> {
  const { steps, end, sliceRows } = plan
  const chain = new Chain(context, steps, end, 0)
  try {
    const read = columns.map((position) => batch.columns[position])
    await chain.run({ ...batch, columns: read }, sliceRows, { firstRow: 0 })
    if (steps.some((step) => step.kind === 'map')) await errorsLeftBehind()
    const { batches } = chain.finish()
    return batches.map((made) => ({ port: MAIN_PORT, batch: { ...made, schema: output }, isInferred: false }))
  } catch (error) {
    chain.abandon()
    throw error
  }
}

/** An error that a user's function left behind in a promise or timer ends the thread: now, not in another batch. */
async function errorsLeftBehind(): Promise<void> {
  await new Promise(setImmediate)
}
