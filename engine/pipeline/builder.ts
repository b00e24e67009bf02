/** The beginning of a pipeline in code. */

import { PipelineBuilder } from '../../planner/pipeline/builder.js'
import type { PipelineOptions } from '../../planner/pipeline/specification.js'
import { environmentOf } from './environment.js'

/** A pipeline without stages. Its relative paths start from `options.directory`, or else from the working directory. */
export function pipeline(name: string, options: Omit<PipelineOptions, 'name'> = {}): PipelineBuilder {
  return new PipelineBuilder({ ...options, name, stages: [] }, environmentOf)
}
