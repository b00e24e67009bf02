/** The frames of a pipeline, as far as they can be known before anything is read. */

import { resolve } from 'node:path'
import { expectFile } from '../../../io/file-errors.js'
import { parseAddress } from '../../../io/http/address.js'
import { unreachable, VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { SourceDefinition } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline } from '../../../planner/pipeline/flatten.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { Schema } from '../../../planner/types.js'
import { keyPositions } from '../placements/key-routing.js'
import type { PipelineServices } from '../services.js'
import { loadFunction } from '../transforms/user-module.js'
import { StageFrames } from './stage-frames.js'

/** Something is known only when it runs: no fault of the pipeline. */
export function isUnknown(error: unknown): boolean {
  return error instanceof VolleyError && error.details.isUnknown === true
}

/** Opens files for their columns, and loads modules. Asks no server and no database, and calls no function. */
export function dryFrames(pipeline: FlatPipeline, { scans, runtime }: PipelineServices): StageFrames {
  const empty = (schema: Schema | null, what: string) => {
    if (schema !== null) return new Frame(scans.records([], schema), runtime)
    throw new VolleyError('VOLLEY_UNSUPPORTED', `the columns of ${what} are known only when it runs`, {
      isUnknown: true,
    })
  }
  return new StageFrames(pipeline, {
    startedAt: new Date(),
    services: { scans, runtime },
    isDry: true,
    produced: async ({ id, source }) => {
      await checkSource(source, pipeline.directory)
      return empty('schema' in source ? source.schema : null, `stage '${id}'`)
    },
    kept: async (_, rows) => rows,
    detached:
      ({ id, placement }) =>
      async (input, { function: definition, schema }) => {
        if (definition.kind === 'module') await loadFunction(definition)
        if (placement?.kind === 'actor') keyPositions(id, { schema: await schemaOf(input) }, placement.key)
        return empty(schema, `a function of stage '${id}'`)
      },
    emitted: async ({ id }, port) => empty(null, `port '${port}' of stage '${id}'`),
  })
}

/** Throws what opening the source would, as far as that can be found without asking anybody. */
async function checkSource(source: SourceDefinition, directory: string): Promise<void> {
  switch (source.kind) {
    case 'function':
      if (source.function.kind === 'module') await loadFunction(source.function)
      return
    case 'http':
      parseAddress(source.url)
      return
    case 'database':
      if (source.database !== 'postgresql') expectFile(resolve(directory, source.connection))
      return
    case 'file':
    case 'frame':
    case 'records':
    case 'input':
      return
    default:
      return unreachable(source)
  }
}
