/** Does to a batch what the plan of a pipeline's stage says, in whichever thread or process the stage is placed. */

import type { Batch } from '../../io/batch.js'
import { packError, unreachable, VolleyError } from '../../planner/errors.js'
import { unlessCancelled } from '../cancellation.js'
import { callWithBatch, MAIN_PORT, type StageFunction } from '../operators/call.js'
import type { CalledOutput, KnownSchemas } from '../operators/called-outputs.js'
import { loadFunction } from '../operators/map.js'
import { batchOfNumbers, packOutput } from './batch-numbers.js'
import type { ReplyOf, StageResult, TaskOf } from './messages.js'
import { stagePlan } from './published-chain.js'
import type { FunctionBody, StagePlan } from './stage-plan.js'
import type { TaskContext } from './task-context.js'

export async function runStageTask(context: TaskContext, task: TaskOf<'stage'>): Promise<ReplyOf<'stage'>> {
  const plan = stagePlan(context.memory, task.plan)
  const known = knownSchemas(plan)
  const results: StageResult[] = []
  let current = plan
  for (const numbers of task.batches) {
    try {
      context.checkCancelled()
      const outputs = await runStage(context, current, batchOfNumbers(plan.input, numbers))
      current = learnedFrom(current, outputs)
      results.push({ ok: true, outputs: outputs.map((output) => packOutput(output, known)) })
    } catch (error) {
      results.push({ ok: false, error: packError(error) })
    }
    context.resetScratch()
  }
  if (plan.body.kind === 'function') await errorsLeftBehind()
  return { results }
}

/** The schemas of the outputs of a stage, as far as its plan tells. */
export function knownSchemas({ body }: StagePlan): KnownSchemas {
  return body.kind === 'function' ? body.schemas : { [MAIN_PORT]: { schema: body.output, isInferred: false } }
}

/** The plan for the batches after one that gave these outputs. */
export function learnedFrom(plan: StagePlan, outputs: readonly CalledOutput[]): StagePlan {
  const { body } = plan
  if (body.kind === 'chain') return plan
  const news = outputs.filter(({ port }) => !Object.hasOwn(body.schemas, port))
  if (news.length === 0) return plan
  const found = news.map(({ port, batch, isInferred }) => [port, { schema: batch.schema, isInferred }] as const)
  return { ...plan, body: { ...body, schemas: { ...body.schemas, ...Object.fromEntries(found) } } }
}

/** Loaded by threads that need it: short-lived ones, with a function to call, should not wait for it. */
let runChain: typeof import('./stage-chain.js').runStageChain | null = null

/**
 * What the stage makes of a batch, which stays the caller's; the outputs' blocks are the caller's, too. Who is done with
 * the batches of a function waits for `errorsLeftBehind`.
 */
export async function runStage(
  context: TaskContext,
  { stage, body }: StagePlan,
  batch: Batch,
): Promise<readonly CalledOutput[]> {
  switch (body.kind) {
    case 'chain':
      runChain ??= (await import('./stage-chain.js')).runStageChain
      return runChain(context, body, batch)
    case 'function': {
      const loaded = functions.get(body) ?? (await stageFunction(context, stage, body))
      functions.set(body, loaded)
      return await callWithBatch(context, loaded, body.schemas, batch)
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

/**
 * An error that a user's function left behind in a promise or timer ends the thread: now, not when other batches are there.
 * Takes a turn of the thread's event loop.
 */
export async function errorsLeftBehind(): Promise<void> {
  await new Promise(setImmediate)
}
