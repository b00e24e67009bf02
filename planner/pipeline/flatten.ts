/** Nested pipelines in place: one graph of stages that are no pipelines, whose ids say where they come from: `outer/inner`. */

import { VolleyError } from '../errors.js'
import type { Input, NestedStage, PipelineDefinition, StageDefinition } from './definition.js'

export type FlatStage = Exclude<StageDefinition, NestedStage> & {
  /** True if it has its placement of its own, or from a stage around it, and not because others have none. */
  readonly isPlaced?: boolean
}

export interface FlatPipeline extends Omit<PipelineDefinition, 'stages'> {
  readonly stages: readonly FlatStage[]
}

/**
 * Stages get the placement, errors and retries that hold for them, if they have none of their own; queries know the tables
 * of the pipelines around them beside their own.
 */
export function flatten(definition: PipelineDefinition): FlatPipeline {
  const flattening = new Flattening()
  flattening.add(definition, null, '')
  return { ...definition, stages: flattening.finish() }
}

/** True of what may name tables, or has stages that may. */
function readsTables(stage: StageDefinition): boolean {
  if (stage.kind === 'pipeline') return true
  return stage.kind === 'processor' && stage.transforms.some(({ kind }) => kind === 'sql' || kind === 'frame')
}

class Flattening {
  private readonly stages: FlatStage[] = []
  /** What reading a stage that is gone means. */
  private readonly instead = new Map<string, (port: string) => readonly Input[]>()

  add(
    definition: PipelineDefinition,
    around: (NestedStage & { readonly isPlaced: boolean }) | null,
    prefix: string,
  ): void {
    for (const stage of definition.stages) {
      const id = prefix + stage.id
      const named = {
        inputs: stage.inputs.map((input) => ({ ...input, stage: prefix + input.stage })),
        tables: {
          ...(readsTables(stage) ? around?.tables : {}),
          ...Object.fromEntries(
            Object.entries(stage.tables).map(([name, input]) => [name, { ...input, stage: prefix + input.stage }]),
          ),
        },
        placement: stage.placement ?? around?.placement ?? definition.placement,
        isPlaced: stage.placement !== null || around?.isPlaced === true,
        errors: stage.errors ?? around?.errors ?? definition.errors,
        retries: stage.retries ?? around?.retries ?? definition.retries,
      }
      const isEntry = around !== null && around.entry === stage.id
      const inputs = isEntry ? [...named.inputs, ...around.inputs] : named.inputs
      if (stage.kind === 'producer' && stage.source.kind === 'input') {
        const outer = around?.inputs ?? []
        this.instead.set(id, () => outer)
      } else if (stage.kind === 'pipeline') {
        this.add(stage.pipeline, { ...stage, ...named, inputs }, `${id}/`)
        this.instead.set(id, (port) => (stage.exit === null ? [] : [{ stage: `${id}/${stage.exit}`, port }]))
      } else this.stages.push({ ...stage, ...named, id, inputs })
    }
  }

  finish(): readonly FlatStage[] {
    return this.stages.map((stage) => ({
      ...stage,
      inputs: stage.inputs.flatMap((input) => this.resolve(input)),
      tables: Object.fromEntries(
        Object.entries(stage.tables).map(([name, input]) => [name, this.resolveTable(stage.id, name, input)]),
      ),
    }))
  }

  private resolve(input: Input): readonly Input[] {
    const inputs = this.instead.get(input.stage)?.(input.port)
    return inputs === undefined ? [input] : inputs.flatMap((one) => this.resolve(one))
  }

  private resolveTable(stage: string, name: string, input: Input): Input {
    const inputs = this.resolve(input)
    if (inputs.length === 1) return inputs[0]
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      `table ${name} of stage ${stage} reads ${input.stage}, which passes on ${inputs.length} inputs and not one`,
      { stage, expected: 'one input', actual: String(inputs.length) },
    )
  }
}
