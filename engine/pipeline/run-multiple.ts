/** Runs a pipeline once for each of several sets of parameters. */

import { setTimeout } from 'node:timers/promises'
import { checkChoice, checkCount, checkOptions, invalid } from '../../planner/arguments.js'
import { VolleyError } from '../../planner/errors.js'
import type { PipelineDefinition } from '../../planner/pipeline/definition.js'
import { ExtractedInputs } from './full/extracted-inputs.js'
import type { Parameters } from './pipeline-input.js'
import type { StageProgress } from './progress/events.js'
import type { PipelineReport, SharedInputsReport } from './report.js'
import type { PipelineRunOptions } from './run-options.js'
import type { PipelineHost } from './services.js'
import type { ParameterValue } from './yaml/parameters.js'

/** A run among others. */
export interface RunOfMultiple {
  /** In the order of the parameters, from 0. */
  readonly index: number
  readonly params: Parameters
}

interface Pacing extends Pick<PipelineRunOptions, 'mode' | 'strategy' | 'signal'> {
  /** Runs of a batch: the next one begins when all of them have ended. All are one batch unless given. */
  readonly batchSize?: number
  /** Milliseconds to wait before each run but the first. */
  readonly delayBetweenRuns?: number
  /** Runs at once; 1 unless given. */
  readonly maxConcurrent?: number
  /** For all runs. */
  readonly params?: Parameters
  /** Whether a failed run ends the others: runs that have not begun are skipped then. `continue` unless given. */
  readonly onFailure?: 'continue' | 'stop'
  /** Told of the stages of all runs. */
  readonly onProgress?: (event: StageProgress, run: RunOfMultiple) => void
  /** Told of each run when it has ended. */
  readonly onRun?: (outcome: OneOfMultiple) => void
}

export type MultipleOptions =
  | (Pacing & { readonly paramName: string; readonly paramValues: readonly ParameterValue[] })
  | (Pacing & { readonly paramSets: readonly Parameters[] })

export interface OneOfMultiple extends RunOfMultiple {
  /** skipped: it did not begin, as another failed. */
  readonly status: 'done' | 'failed' | 'aborted' | 'skipped'
  /** Null if it failed before it began. */
  readonly report: PipelineReport | null
  readonly error: { readonly code: string | null; readonly message: string } | null
}

export interface MultipleReport {
  readonly status: 'done' | 'failed' | 'aborted'
  readonly succeeded: number
  readonly failed: number
  /** Aborted, or not begun. */
  readonly others: number
  readonly durationMs: number
  /** Of inputs that several runs have in common. */
  readonly sharedInputs: SharedInputsReport
  /** In the order of the parameters. */
  readonly runs: readonly OneOfMultiple[]
}

const OPTIONS = [
  'batchSize',
  'delayBetweenRuns',
  'maxConcurrent',
  'params',
  'mode',
  'strategy',
  'signal',
  'onFailure',
  'onProgress',
  'onRun',
]

/** @internal What a pipeline does for its runs. */
export interface MultipleRunner {
  define(params: Parameters): Promise<PipelineDefinition>
  run(options: PipelineRunOptions, extracted: ExtractedInputs): Promise<PipelineReport>
}

/** @internal Resolves also if runs failed or were aborted: the report says so. */
export async function runMultiple(
  options: MultipleOptions,
  host: PipelineHost,
  runner: MultipleRunner,
): Promise<MultipleReport> {
  const began = performance.now()
  const { sets, pacing } = checked(options)
  const services = host.openPipeline(options.signal)
  // What is wrong with a set is found, and told, by its run.
  const definitions = await Promise.all(sets.map((params) => runner.define(params).catch(() => null)))
  const extracted = new ExtractedInputs(services, definitions)
  try {
    const runs = await new MultipleRun(options, sets, pacing, (one) => runner.run(one, extracted), extracted).run()
    const succeeded = count(runs, 'done')
    const failed = count(runs, 'failed')
    return {
      status: options.signal?.aborted === true ? 'aborted' : failed > 0 ? 'failed' : 'done',
      succeeded,
      failed,
      others: runs.length - succeeded - failed,
      durationMs: performance.now() - began,
      sharedInputs: extracted.report(),
      runs,
    }
  } finally {
    await extracted.close()
    await services.close()
  }
}

class MultipleRun {
  private readonly runs: OneOfMultiple[] = []
  private started = 0
  private hasFailed = false

  constructor(
    private readonly options: MultipleOptions,
    private readonly sets: readonly Parameters[],
    private readonly pacing: { readonly batchSize: number; readonly maxConcurrent: number; readonly delay: number },
    private readonly start: (options: PipelineRunOptions) => Promise<PipelineReport>,
    private readonly extracted: ExtractedInputs,
  ) {}

  async run(): Promise<readonly OneOfMultiple[]> {
    const { sets } = this
    const { batchSize, maxConcurrent } = this.pacing
    for (let first = 0; first < sets.length; first += batchSize) {
      const end = Math.min(sets.length, first + batchSize)
      let next = first
      const worker = async () => {
        while (next < end) await this.one(next++)
      }
      await Promise.all(Array.from({ length: Math.min(maxConcurrent, end - first) }, worker))
    }
    return this.runs
  }

  private async one(index: number): Promise<void> {
    const run: RunOfMultiple = { index, params: this.sets[index] }
    await this.pause()
    const outcome = this.unbegun(run) ?? (await this.outcomeOf(run))
    this.runs[index] = outcome
    this.hasFailed ||= outcome.status === 'failed'
    await this.extracted.ended(index)
    this.options.onRun?.(outcome)
  }

  /** An abort ends it. */
  private async pause(): Promise<void> {
    const { delay } = this.pacing
    if (this.started++ === 0 || delay === 0 || this.isStopped) return
    const { signal } = this.options
    await setTimeout(delay, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  }

  private get isStopped(): boolean {
    return this.hasFailed && this.options.onFailure === 'stop'
  }

  private unbegun(run: RunOfMultiple): OneOfMultiple | null {
    if (this.options.signal?.aborted === true) {
      const error = { code: 'VOLLEY_ABORTED', message: 'the runs were aborted before it began' }
      return { ...run, status: 'aborted', report: null, error }
    }
    return this.isStopped ? { ...run, status: 'skipped', report: null, error: null } : null
  }

  private async outcomeOf(run: RunOfMultiple): Promise<OneOfMultiple> {
    const { mode, strategy, signal, onProgress } = this.options
    try {
      const report = await this.start({
        params: run.params,
        ...(mode === undefined ? {} : { mode }),
        ...(strategy === undefined ? {} : { strategy }),
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress: (event) => onProgress(event, run) }),
      })
      return { ...run, status: report.status, report, error: null }
    } catch (error) {
      const isKnown = error instanceof VolleyError
      const report = isKnown ? ((error.details.report as PipelineReport | undefined) ?? null) : null
      return {
        ...run,
        status: isKnown && error.code === 'VOLLEY_ABORTED' ? 'aborted' : 'failed',
        report,
        error: { code: isKnown ? error.code : null, message: error instanceof Error ? error.message : String(error) },
      }
    }
  }
}

function checked(options: MultipleOptions) {
  const { batchSize, delayBetweenRuns: delay = 0, maxConcurrent = 1, params = {}, onFailure } = options
  checkOptions('runMultiple', options, [...OPTIONS, 'paramName', 'paramValues', 'paramSets'])
  const sets = 'paramSets' in options ? options.paramSets : valuesOf(options.paramName, options.paramValues)
  if (!Array.isArray(sets) || sets.length === 0) {
    throw invalid('runMultiple takes { paramName, paramValues } or { paramSets }, with at least one set')
  }
  if (batchSize !== undefined) checkCount('batchSize', batchSize, 1)
  checkCount('maxConcurrent', maxConcurrent, 1)
  checkCount('delayBetweenRuns', delay, 0)
  if (onFailure !== undefined) checkChoice('onFailure', onFailure, ['continue', 'stop'])
  return {
    sets: (sets as readonly Parameters[]).map((set): Parameters => ({ ...params, ...set })),
    pacing: { batchSize: batchSize ?? sets.length, maxConcurrent, delay },
  }
}

function count(runs: readonly OneOfMultiple[], status: OneOfMultiple['status']): number {
  return runs.filter((run) => run.status === status).length
}

function valuesOf(name: unknown, values: unknown): readonly Parameters[] {
  if (typeof name !== 'string' || !Array.isArray(values)) return []
  return (values as readonly ParameterValue[]).map((value) => ({ [name]: value }))
}
