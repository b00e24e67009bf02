/** What several runs of a pipeline extract alike, read once. */

import type { Frame } from '../../../planner/frame.js'
import type { SourceDefinition } from '../../../planner/pipeline/definition.js'
import type { PipelineServices } from '../services.js'
import { type Loading, SharedInputs } from '../shared-inputs.js'

export class ExtractedInputs {
  private readonly shared: SharedInputs

  /** `services` outlive all runs. */
  constructor(readonly services: PipelineServices) {
    this.shared = new SharedInputs(services)
  }

  /** The rows of a source; `load` reads them with the services that they are to live in. */
  frame(source: SourceDefinition, load: (services: PipelineServices) => Promise<Loading>): Promise<Frame> {
    return this.shared.frame(JSON.stringify(source), () => load(this.services))
  }

  close(): Promise<void> {
    return this.shared.close()
  }
}
