/** Runs a pipeline once for each of several sets of parameters. */

import { setTimeout } from 'node:timers/promises'
import { checkCount, checkOptions, invalid } from '../../planner/arguments.js'
import { VolleyError } from '../../planner/errors.js'
import { ExtractedInputs } from './full/extracted-inputs.js'
import type { PipelineHost, PipelineRunOptions } from './pipeline-handle.js'
import type { Parameters } from './pipeline-input.js'
import type { PipelineReport } from './report.js'
import type { ParameterValue } from './yaml/parameters.js'

interface Pacing extends Omit<PipelineRunOptions, 'params'> {
  /** Runs of a batch: the next one begins when all of them have ended. All are one batch unless given. */
  readonly batchSize?: number
  /** Milliseconds to wait before each run but the first. */
  readonly delayBetweenRuns?: number
  /** Runs at once; 1 unless given. */
  readonly maxConcurrent?: number
  /** For all runs. */
  readonly params?: Parameters
}

export type MultipleOptions =
  | (Pacing & { readonly paramName: string; readonly paramValues: readonly ParameterValue[] })
  | (Pacing & { readonly paramSets: readonly Parameters[] })

export interface OneOfMultiple {
  readonly params: Parameters
  readonly status: 'done' | 'failed' | 'aborted'
  /** Null if it failed before it began. */
  readonly report: PipelineReport | null
  readonly error: { readonly code: string | null; readonly message: string } | null
}

export interface MultipleReport {
  readonly succeeded: number
  readonly failed: number
  readonly durationMs: number
  /** In the order of the parameters. */
  readonly runs: readonly OneOfMultiple[]
}

const OPTIONS = ['batchSize', 'delayBetweenRuns', 'maxConcurrent', 'params', 'mode', 'strategy', 'signal']

export async function runMultiple(
  options: MultipleOptions,
  host: PipelineHost,
  run: (options: PipelineRunOptions, extracted: ExtractedInputs) => Promise<PipelineReport>,
): Promise<MultipleReport> {
  const began = performance.now()
  const { sets, pacing, others } = checked(options)
  const services = host.openPipeline(options.signal)
  const extracted = new ExtractedInputs(services)
  const runs: OneOfMultiple[] = []
  const one = async (index: number): Promise<void> => {
    runs[index] = await outcomeOf(sets[index], () => run({ ...others, params: sets[index] }, extracted))
  }
  try {
    const { batchSize, maxConcurrent, delayBetweenRuns } = pacing
    let started = 0
    for (let first = 0; first < sets.length; first += batchSize) {
      const end = Math.min(sets.length, first + batchSize)
      let next = first
      const worker = async () => {
        while (next < end) {
          const index = next++
          if (started++ > 0 && delayBetweenRuns > 0) await setTimeout(delayBetweenRuns)
          await one(index)
        }
      }
      await Promise.all(Array.from({ length: Math.min(maxConcurrent, end - first) }, worker))
    }
  } finally {
    await extracted.close()
    await services.close()
  }
  const succeeded = runs.filter(({ status }) => status === 'done').length
  return { succeeded, failed: runs.length - succeeded, durationMs: performance.now() - began, runs }
}

function checked(options: MultipleOptions) {
  const { batchSize, delayBetweenRuns = 0, maxConcurrent = 1, params = {}, ...rest } = options
  checkOptions('runMultiple', options, [...OPTIONS, 'paramName', 'paramValues', 'paramSets'])
  const sets = 'paramSets' in options ? options.paramSets : valuesOf(options.paramName, options.paramValues)
  if (!Array.isArray(sets) || sets.length === 0) {
    throw invalid('runMultiple takes { paramName, paramValues } or { paramSets }, with at least one set')
  }
  if (batchSize !== undefined) checkCount('batchSize', batchSize, 1)
  checkCount('maxConcurrent', maxConcurrent, 1)
  checkCount('delayBetweenRuns', delayBetweenRuns, 0)
  const others: PipelineRunOptions = {
    ...(rest.mode === undefined ? {} : { mode: rest.mode }),
    ...(rest.strategy === undefined ? {} : { strategy: rest.strategy }),
    ...(rest.signal === undefined ? {} : { signal: rest.signal }),
  }
  return {
    sets: (sets as readonly Parameters[]).map((set): Parameters => ({ ...params, ...set })),
    pacing: { batchSize: batchSize ?? sets.length, maxConcurrent, delayBetweenRuns },
    others,
  }
}

function valuesOf(name: unknown, values: unknown): readonly Parameters[] {
  if (typeof name !== 'string' || !Array.isArray(values)) return []
  return (values as readonly ParameterValue[]).map((value) => ({ [name]: value }))
}

async function outcomeOf(params: Parameters, run: () => Promise<PipelineReport>): Promise<OneOfMultiple> {
  try {
    const report = await run()
    return { params, status: report.status, report, error: null }
  } catch (error) {
    const isKnown = error instanceof VolleyError
    const report = isKnown ? ((error.details.report as PipelineReport | undefined) ?? null) : null
    return {
      params,
      status: isKnown && error.code === 'VOLLEY_ABORTED' ? 'aborted' : 'failed',
      report,
      error: { code: isKnown ? error.code : null, message: error instanceof Error ? error.message : String(error) },
    }
  }
}
