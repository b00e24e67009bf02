/** A pipeline of an engine: planned, checked and run. */

import { checkChoice, checkName, checkOptions, invalid, show } from '../../planner/arguments.js'
import { unreachable } from '../../planner/errors.js'
import type { ExecutionPlan } from '../../planner/graph/execution-plan.js'
import type { ExecutionOrder } from '../../planner/graph/orders.js'
import type { Mode, PipelineDefinition } from '../../planner/pipeline/definition.js'
import type { ExtractedInputs } from './full/extracted-inputs.js'
import {
  type DefinedPipeline,
  definedPipeline,
  type Parameters,
  type PipelineInput,
  placedError,
} from './pipeline-input.js'
import { ProgressCalls } from './progress/calls.js'
import type { PipelineReport } from './report.js'
import type { MultipleOptions, MultipleReport } from './run-multiple.js'
import type { PipelineRunOptions } from './run-options.js'
import type { OpenServices, PipelineHost } from './services.js'
import type { Json } from './stage.js'
import { StageMessages } from './stage-messages.js'
import type { PipelineValidation } from './validation.js'

const RUN_OPTIONS = [
  'params',
  'mode',
  'strategy',
  'signal',
  'onProgress',
  'onPhase',
  'checkpoint',
  'resume',
  'checkpointDirectory',
  'checkpointEvery',
  'reprocess',
]

export class PipelineHandle {
  readonly #input: PipelineInput
  readonly #host: PipelineHost
  /** Of the runs under way. */
  readonly #running = new Set<StageMessages>()

  /** @internal Use `engine.pipeline`. */
  constructor(input: PipelineInput, host: PipelineHost) {
    this.#input = input
    this.#host = host
    Object.freeze(this)
  }

  /** @throws VolleyError VOLLEY_INVALID_PIPELINE that lists all that is wrong with it */
  async definition(params: Parameters = {}): Promise<PipelineDefinition> {
    return (await definedPipeline(this.#input, params)).definition
  }

  /**
   * The generations of its stages, those of nested pipelines among them: `batch` has sources first, as mode `full` runs
   * them, `streaming` sinks first.
   *
   * @throws VolleyError VOLLEY_INVALID_GRAPH
   */
  async plan(order: 'batch' | 'streaming' | ExecutionOrder = 'batch', params: Parameters = {}): Promise<ExecutionPlan> {
    const { definition, locate } = await definedPipeline(this.#input, params)
    try {
      return await planOf(definition, order)
    } catch (error) {
      throw placedError(error, locate)
    }
  }

  /**
   * Finds what is wrong without running anything: opens files for their columns, and loads modules. Resolves also if the
   * pipeline is not as it has to be.
   *
   * @throws VolleyError VOLLEY_FILE_NOT_FOUND if the pipeline's own file is not there
   */
  async validate(params: Parameters = {}): Promise<PipelineValidation> {
    const { refusedDefinition, validatePipeline } = await import('./validation.js')
    let defined: DefinedPipeline
    try {
      defined = await definedPipeline(this.#input, params)
    } catch (error) {
      return refusedDefinition(error)
    }
    return this.within((services) => validatePipeline(defined, services))
  }

  /** The generations, and for each consumer the plan that it runs in mode `full`, with the stages that are part of it. */
  async explain(params: Parameters = {}): Promise<string> {
    const { explainPipeline } = await import('./full/explain.js')
    const definition = await this.definition(params)
    const plan = await planOf(definition, 'batch')
    return this.within((services) => explainPipeline(definition, plan, services))
  }

  /**
   * Under `onFailure: fail-fast`, the first failure is thrown, `details.report` with it; under `continue`, the report's
   * status says so.
   */
  run(options: PipelineRunOptions = {}): Promise<PipelineReport> {
    return this.runWith(options, null)
  }

  /**
   * Tells all actors of a stage of the running pipeline, between two of their batches, and gives what their `message(text)`
   * answers, in their order. Stages of nested pipelines are called `outer/inner`. Waits for actors that have not started.
   *
   * @throws VolleyError VOLLEY_INVALID_ARGUMENT if the pipeline does not run, or its run ends before the stage has actors;
   * VOLLEY_UNSUPPORTED if the actors have no `message`; VOLLEY_USER_FUNCTION if that throws
   */
  async message(stage: string, text: string): Promise<readonly Json[]> {
    checkName('the stage of a message', stage)
    if (typeof text !== 'string') throw invalid(`a message is text, not ${show(text)}`)
    const running = [...this.#running]
    if (running.length === 0) throw invalid(`the pipeline does not run: nobody gets the message to stage '${stage}'`)
    return (await Promise.all(running.map((messages) => messages.send(stage, text)))).flat()
  }

  /** Runs it once for each set of parameters, reading what is extracted alike only once. Failures are in the report. */
  async runMultiple(options: MultipleOptions): Promise<MultipleReport> {
    const { runMultiple } = await import('./run-multiple.js')
    return runMultiple(options, this.#host, {
      define: (params) => this.definition(params),
      run: (one, extracted) => this.runWith(one, extracted),
    })
  }

  private async runWith(options: PipelineRunOptions, extracted: ExtractedInputs | null): Promise<PipelineReport> {
    const messages = new StageMessages()
    this.#running.add(messages)
    try {
      return await this.runHearing(messages, options, extracted)
    } finally {
      this.#running.delete(messages)
      messages.end()
    }
  }

  private async runHearing(
    messages: StageMessages,
    options: PipelineRunOptions,
    extracted: ExtractedInputs | null,
  ): Promise<PipelineReport> {
    checkOptions('a pipeline', options, RUN_OPTIONS)
    if (options.mode !== undefined) checkChoice('mode', options.mode, ['full', 'streaming', 'hybrid'])
    if (options.strategy !== undefined) checkChoice('strategy', options.strategy, this.#host.strategyNames())
    const { definition, params, locate } = await definedPipeline(this.#input, options.params ?? {})
    const mode = options.mode ?? definition.mode
    const calls = new ProgressCalls(options, this.#host.listeners)
    const told = { ...options, onProgress: calls.stage, onPhase: calls.phase }
    const signals = options.signal === undefined ? [calls.signal] : [options.signal, calls.signal]
    const services = this.#host.openPipeline(AbortSignal.any(signals), messages)
    try {
      const run = (part: PipelineDefinition) => runIn(mode, { ...part, mode }, params, services, told, extracted)
      const report = await (options.reprocess === undefined
        ? run(definition)
        : reprocessed(definition, options, services, run))
      if (calls.failure !== null) throw calls.failure
      return report
    } catch (error) {
      throw calls.failure ?? placedError(error, locate)
    } finally {
      await services.close()
    }
  }

  private async within<T>(use: (services: OpenServices) => Promise<T>): Promise<T> {
    const services = this.#host.openPipeline()
    try {
      return await use(services)
    } finally {
      await services.close()
    }
  }
}

async function reprocessed(
  definition: PipelineDefinition,
  { reprocess: letters, checkpoint }: PipelineRunOptions,
  services: OpenServices,
  run: (part: PipelineDefinition) => Promise<PipelineReport>,
): Promise<PipelineReport> {
  if (typeof letters !== 'string') throw invalid(`reprocess is the path of dead letters, not ${show(letters)}`)
  if (checkpoint !== undefined) throw invalid('dead letters are processed again without a checkpoint: leave it out')
  const { reprocess } = await import('./errors/reprocess.js')
  return reprocess(definition, letters, services, run)
}

async function runIn(
  mode: Mode,
  definition: PipelineDefinition,
  params: Readonly<Record<string, Json>>,
  services: OpenServices,
  options: PipelineRunOptions,
  extracted: ExtractedInputs | null,
): Promise<PipelineReport> {
  switch (mode) {
    case 'full': {
      const { runPipeline } = await import('./full/run-pipeline.js')
      return runPipeline(definition, params, services, { ...options, extracted })
    }
    case 'streaming':
    case 'hybrid': {
      const { streamPipeline } = await import('./streaming/stream-pipeline.js')
      return streamPipeline(definition, params, services, { ...options, extracted })
    }
    default:
      return unreachable(mode)
  }
}

export async function planOf(
  definition: PipelineDefinition,
  order: 'batch' | 'streaming' | ExecutionOrder,
): Promise<ExecutionPlan> {
  const [{ expandedGraphOf }, { PlanGenerator }] = await Promise.all([
    import('../../planner/graph/pipeline-graph.js'),
    import('../../planner/graph/plan-generator.js'),
  ])
  return new PlanGenerator(expandedGraphOf(definition)).plan(undefined, order)
}
