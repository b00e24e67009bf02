/** Which stages of a pipeline in mode `full` read which, and which of them run as part of others. */

import { InternalError } from '../../../planner/errors.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import type { RunParts } from './full-progress.js'

/** What a run knows of its stages. */
export interface StageFacts {
  /** True of stages whose rows are kept for those that read them. */
  isKept(stage: FlatStage): boolean
  /** True of a stage whose rows were counted as they left it. */
  isCounted(id: string): boolean
}

export class StageLinks implements RunParts {
  private readonly stages: ReadonlyMap<string, FlatStage>
  private readonly readers = new Map<string, FlatStage[]>()

  constructor(
    pipeline: FlatPipeline,
    private readonly facts: StageFacts,
  ) {
    this.stages = new Map(pipeline.stages.map((stage) => [stage.id, stage]))
    for (const stage of pipeline.stages) {
      for (const { stage: read } of inputsOf(stage)) this.readers.set(read, [...this.readersOf(read), stage])
    }
  }

  stage(id: string): FlatStage {
    const stage = this.stages.get(id)
    if (stage === undefined) throw new InternalError(`there is no stage ${id}`)
    return stage
  }

  /** One entry for each time that a stage is read. */
  readersOf(id: string): readonly FlatStage[] {
    return this.readers.get(id) ?? []
  }

  /** The ports of a stage that others read. */
  portsReadOf(id: string): readonly string[] {
    const ports = this.readersOf(id).flatMap((reader) => inputsOf(reader).filter(({ stage }) => stage === id))
    return [...new Set(ports.map(({ port }) => port))]
  }

  hasRun(id: string): boolean {
    const stage = this.stage(id)
    if (stage.kind === 'consumer' || this.facts.isKept(stage) || this.facts.isCounted(id)) return true
    return stage.kind === 'producer' && !['file', 'frame', 'records'].includes(stage.source.kind)
  }

  partsOf(id: string): readonly FlatStage[] {
    const read = inputsOf(this.stage(id)).map((input) => this.stage(input.stage))
    const parts = read.filter((stage) => !this.hasRun(stage.id))
    return [...new Set(parts.flatMap((stage) => [stage, ...this.partsOf(stage.id)]))]
  }

  /** Those of its readers and, behind one that is not kept, further. */
  runningReaders(id: string): readonly string[] {
    const running = this.readersOf(id).flatMap((reader) =>
      reader.kind === 'consumer' || this.facts.isKept(reader)
        ? [reader.id]
        : [reader.id, ...this.runningReaders(reader.id)],
    )
    return [...new Set(running)]
  }
}

function inputsOf({ inputs, tables }: FlatStage) {
  return [...inputs, ...Object.values(tables)]
}
