/** What several runs of a pipeline extract alike: read by the first that needs it, and kept until the last has ended. */

import type { Frame } from '../../../planner/frame.js'
import type { PipelineDefinition, SourceDefinition } from '../../../planner/pipeline/definition.js'
import { type FlatStage, flatten } from '../../../planner/pipeline/flatten.js'
import type { SharedInputsReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import { type Loading, SharedInputs } from '../shared-inputs.js'

export class ExtractedInputs {
  private readonly shared: SharedInputs
  private readonly identities = new WeakMap<object, number>()
  private readonly keys = new Set<string>()
  private objects = 0

  /** `services` outlive all runs, whose definitions these are; null for one that has none. */
  constructor(
    readonly services: PipelineServices,
    definitions: readonly (PipelineDefinition | null)[],
  ) {
    const readers = new Map<string, Set<string>>()
    for (const [index, definition] of definitions.entries()) {
      for (const stage of stagesOf(definition)) {
        if (stage.kind !== 'producer' || !isWorthKeeping(stage.source)) continue
        const key = this.keyOf(stage.source)
        readers.set(key, (readers.get(key) ?? new Set()).add(String(index)))
      }
    }
    const inputs = [...readers].flatMap(([dataset, runs]) => (runs.size > 1 ? [{ dataset, readers: [...runs] }] : []))
    for (const { dataset } of inputs) this.keys.add(dataset)
    this.shared = new SharedInputs(services, { inputs })
  }

  /** True if more than one run reads it. */
  isShared(source: SourceDefinition): boolean {
    return isWorthKeeping(source) && this.keys.has(this.keyOf(source))
  }

  /** The rows of a source; `load` reads them with the services that they are to live in. */
  frame(source: SourceDefinition, load: (services: PipelineServices) => Promise<Loading>): Promise<Frame> {
    return this.shared.frame(this.keyOf(source), () => load(this.services))
  }

  /** Says that the run of this index needs nothing more. */
  ended(run: number): Promise<void> {
    return this.shared.ended(String(run))
  }

  report(): SharedInputsReport {
    return this.shared.report()
  }

  close(): Promise<void> {
    return this.shared.close()
  }

  /** Functions and objects of code are the same only if they are one. */
  private keyOf(source: SourceDefinition): string {
    return JSON.stringify(source, (_, value: unknown) => {
      if (typeof value === 'function') return { function: this.identityOf(value) }
      return value
    })
  }

  private identityOf(value: object): number {
    const known = this.identities.get(value)
    if (known !== undefined) return known
    this.identities.set(value, ++this.objects)
    return this.objects
  }
}

/** What cannot be flattened is told by the run. */
function stagesOf(definition: PipelineDefinition | null): readonly FlatStage[] {
  try {
    return definition === null ? [] : flatten(definition).stages
  } catch {
    return []
  }
}

/** False of what is there already, and of files of which plans read only what they need. */
function isWorthKeeping(source: SourceDefinition): boolean {
  switch (source.kind) {
    case 'http':
    case 'database':
    case 'function':
      return true
    case 'file':
      return source.format === 'csv' || source.format === 'ndjson'
    case 'records':
      return typeof source.records === 'function'
    case 'frame':
    case 'input':
      return false
  }
}
