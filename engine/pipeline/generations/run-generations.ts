/** Runs the generations of a plan one after the other, and the pipes of each side by side. */

import { checkChoice, checkCount, checkOptions, invalid, show } from '../../../planner/arguments.js'
import { isRetryable, VolleyError } from '../../../planner/errors.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { Pipe } from '../../../planner/graph/pipe.js'
import type { RetryOptions } from '../../../planner/run-options.js'
import { isPassing, Retries } from '../../recovery/retries.js'
import type { GenerationResult, GenerationsResult, PipeResult } from './results.js'

export interface PipeContext {
  /** Aborted when the work is wanted no more; it should end soon then, and leave nothing behind. */
  readonly signal: AbortSignal
  /** From 1. */
  readonly attempt: number
  readonly generation: number
}

export interface GenerationsOptions<T> {
  /** Does the work of a pipe. When it fails, nothing of what it did counts. */
  readonly run: (pipe: Pipe, context: PipeContext) => Promise<T>
  /** Pipes of a generation that run at once; as many as there are unless given. */
  readonly maxWorkers?: number
  /**
   * fail-fast  the first failure ends the run: pipes under way are aborted, no other begins. The default
   * continue   what depends on a failed pipe is skipped, everything else is run
   */
  readonly onFailure?: 'fail-fast' | 'continue'
  /** How often a pipe is run again that fails for a reason that may pass; null: not at all. */
  readonly retries?: (pipe: Pipe) => RetryOptions | null
  /** Ends the run; nothing is thrown. */
  readonly signal?: AbortSignal
  /** Does not throw. */
  readonly onEvent?: (event: GenerationsEvent<T>) => void
}

export type GenerationsEvent<T> =
  | { readonly kind: 'generation'; readonly number: number; readonly ids: readonly string[] }
  | { readonly kind: 'started'; readonly id: string; readonly attempt: number }
  /** Of each pipe once, also of those that never began. */
  | { readonly kind: 'ended'; readonly result: PipeResult<T> }

/**
 * Resolves when nothing of the run is under way any more, also when pipes failed or the run was aborted: the result says so.
 * @throws VolleyError VOLLEY_INVALID_ARGUMENT for a plan that is not in forward order, and for options that make no sense.
 */
export async function runGenerations<T>(
  plan: ExecutionPlan,
  options: GenerationsOptions<T>,
): Promise<GenerationsResult<T>> {
  if (plan.direction !== 'forward') {
    throw invalid(
      `a plan in ${plan.order} order cannot be run one generation after the other: its pipes come before what they read`,
    )
  }
  checkOptions('runGenerations', options, ['run', 'maxWorkers', 'onFailure', 'retries', 'signal', 'onEvent'])
  if (typeof options.run !== 'function') throw invalid(`run is a function, not ${show(options.run)}`)
  if (options.onFailure !== undefined) checkChoice('onFailure', options.onFailure, ['fail-fast', 'continue'])
  if (options.maxWorkers !== undefined) checkCount('maxWorkers', options.maxWorkers, 1)
  return new PlanRun(plan, options).run()
}

class PlanRun<T> {
  private readonly began = performance.now()
  private readonly results = new Map<string, PipeResult<T>>()
  private readonly generations: GenerationResult[] = []
  private readonly controller = new AbortController()
  /** The failure that came first. */
  private failure: { readonly id: string; readonly error: unknown } | null = null

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly options: GenerationsOptions<T>,
  ) {}

  async run(): Promise<GenerationsResult<T>> {
    const { signal } = this.options
    const abort = () => this.controller.abort(signal?.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      for (const { number, ids } of this.plan.generations) await this.runGeneration(number, ids)
    } finally {
      signal?.removeEventListener('abort', abort)
    }
    return this.result()
  }

  private async runGeneration(number: number, ids: readonly string[]): Promise<void> {
    const waiting: string[] = []
    for (const id of ids) {
      const because = this.failedBefore(id)
      if (because !== null) this.settle(id, { status: 'skipped', because })
      else waiting.push(id)
    }
    if (this.controller.signal.aborted) for (const id of waiting.splice(0)) this.settleUnbegun(id)
    if (waiting.length === 0) return
    const began = performance.now()
    this.options.onEvent?.({ kind: 'generation', number, ids: [...waiting] })
    const next = waiting.values()
    const worker = async () => {
      for (const id of next) {
        if (this.controller.signal.aborted) this.settleUnbegun(id)
        else await this.runPipe(this.plan.graph.pipe(id), number)
      }
    }
    const workers = Math.min(waiting.length, this.options.maxWorkers ?? waiting.length)
    await Promise.all(Array.from({ length: workers }, worker))
    this.generations.push({ number, durationMs: performance.now() - began })
  }

  private async runPipe(pipe: Pipe, generation: number): Promise<void> {
    const { id } = pipe
    const { signal } = this.controller
    const began = performance.now()
    let attempts = 0
    const attempt = () => {
      attempts++
      this.options.onEvent?.({ kind: 'started', id, attempt: attempts })
      return this.options.run(pipe, { signal, attempt: attempts, generation })
    }
    const taken = () => ({ attempts, durationMs: performance.now() - began })
    try {
      const value = await this.retriesOf(pipe).run(attempt, {
        checkCancelled: () => signal.throwIfAborted(),
        onRetry: () => {},
      })
      this.settle(id, { status: 'done', value, ...taken() })
    } catch (error) {
      if (signal.aborted) {
        this.settle(id, { status: 'aborted', error, because: this.endedBy, ...taken() })
        return
      }
      this.failure ??= { id, error }
      this.settle(id, { status: 'failed', error, ...taken() })
      if (this.options.onFailure !== 'continue') this.controller.abort(error)
    }
  }

  private retriesOf(pipe: Pipe): Retries {
    const passes = (error: unknown) => isPassing(error) || isRetryable(error)
    return new Retries(this.options.retries?.(pipe) ?? { count: 0 }, Math.random, passes)
  }

  /** The failed pipe that it depends on, at whatever distance; null if there is none. */
  private failedBefore(id: string): string | null {
    for (const dependency of this.plan.graph.dependencies(id)) {
      const result = this.results.get(dependency)
      if (result?.status === 'failed') return dependency
      if (result?.status === 'skipped') return result.because
    }
    return null
  }

  private settleUnbegun(id: string): void {
    const because = this.endedBy
    if (because === null) this.settle(id, { status: 'aborted', error: this.aborted() })
    else this.settle(id, { status: 'skipped', because })
  }

  /** The pipe whose failure ended the run; null if none did. */
  private get endedBy(): string | null {
    return this.options.onFailure === 'continue' ? null : (this.failure?.id ?? null)
  }

  private settle(id: string, what: Pick<PipeResult<T>, 'status'> & Partial<PipeResult<T>>): void {
    const result: PipeResult<T> = {
      id,
      kind: this.plan.graph.pipe(id).kind,
      generation: this.plan.generationOf(id),
      durationMs: 0,
      attempts: 0,
      value: undefined,
      error: null,
      because: null,
      ...what,
    }
    this.results.set(id, Object.freeze(result))
    this.options.onEvent?.({ kind: 'ended', result })
  }

  private result(): GenerationsResult<T> {
    const { failure, generations } = this
    const pipes = this.plan.ids.map((id) => this.results.get(id)!)
    const isAborted = pipes.some(({ status, because }) => status === 'aborted' && because === null)
    return {
      status: isAborted ? 'aborted' : failure === null ? 'done' : 'failed',
      durationMs: performance.now() - this.began,
      pipes,
      generations,
      error: isAborted ? this.aborted() : (failure?.error ?? null),
    }
  }

  private aborted(): VolleyError {
    return new VolleyError('VOLLEY_ABORTED', 'the run was aborted', {}, this.options.signal?.reason)
  }
}
