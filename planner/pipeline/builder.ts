/** Pipelines in code, stage by stage. */

import type { DefinitionEnvironment } from './define/environment.js'
import { definePipeline } from './define/pipeline.js'
import type { PipelineDefinition } from './definition.js'
import type {
  AccumulatorSpecification,
  ConsumerSpecification,
  GraphSpecification,
  NestedSpecification,
  ProcessorSpecification,
  ProducerSpecification,
  SourceSpecification,
  StageSpecification,
  TargetSpecification,
} from './specification.js'

/** Immutable: every method returns another builder. Stages are checked together, by `build`. */
export class PipelineBuilder {
  readonly #environment: (directory: string | undefined) => DefinitionEnvironment
  readonly #specification: GraphSpecification

  /** @internal Use `pipeline`. */
  constructor(
    specification: GraphSpecification,
    environment: (directory: string | undefined) => DefinitionEnvironment,
  ) {
    this.#specification = specification
    this.#environment = environment
    Object.freeze(this)
  }

  /** A source: a path, a URL, a frame, records, a function that makes them, or what YAML has under `source`. */
  producer(id: string, source: SourceSpecification, options: Omit<ProducerSpecification, 'source'> = {}): this {
    return this.with({ id, kind: 'producer', source, ...options })
  }

  processor(id: string, options: ProcessorSpecification): this {
    return this.with({ id, kind: 'processor', ...options })
  }

  accumulator(id: string, options: AccumulatorSpecification): this {
    return this.with({ id, kind: 'accumulator', ...options })
  }

  /** A target: a path, a function, or what YAML has under `target`. */
  consumer(id: string, target: TargetSpecification, options: Omit<ConsumerSpecification, 'target'> = {}): this {
    return this.with({ id, kind: 'consumer', target, ...options })
  }

  /** A pipeline as a stage. */
  pipeline(
    id: string,
    pipeline: NestedSpecification['pipeline'],
    options: Omit<NestedSpecification, 'pipeline'> = {},
  ): this {
    return this.with({ id, kind: 'pipeline', pipeline, ...options })
  }

  /** @throws VolleyError VOLLEY_INVALID_PIPELINE, with all that is wrong. */
  build(): PipelineDefinition {
    return definePipeline(this.#specification, this.#environment(this.#specification.directory))
  }

  /** A stage that reads nothing in particular reads the one before it. */
  private with(stage: StageSpecification): this {
    const stages = this.#specification.stages
    const last = stages.at(-1)
    const chained =
      stage.kind === 'producer' || ('from' in stage && stage.from !== undefined) || last === undefined
        ? stage
        : { ...stage, from: last.id }
    const specification = { ...this.#specification, stages: [...stages, chained] }
    return new PipelineBuilder(specification, this.#environment) as this
  }
}
