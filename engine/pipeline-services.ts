/** What a pipeline uses of the engine until it closes it. */

import { MemorySource } from '../io/memory-source.js'
import type { Source } from '../io/source.js'
import { Frame, type FrameRuntime } from '../planner/frame.js'
import { unlessCancelled } from './cancellation.js'
import type { EngineParts } from './engine-parts.js'
import type { Executions } from './executions.js'
import { lower } from './lower.js'
import type { OpenServices } from './pipeline/services.js'
import type { StageMessages } from './pipeline/stage-messages.js'
import { optimizeQuery, resolveQuery } from './query.js'
import { keepBatch } from './results.js'
import { BulkStrategy } from './strategies/bulk.js'
import { Switching } from './strategies/switching.js'

/** Frames of the pipeline are made for `runtime`. Aborting `signal`, and closing the engine, cancel its run. */
export function openServices(
  parts: EngineParts,
  executions: Executions,
  runtime: FrameRuntime,
  signal: AbortSignal | undefined,
  messages: StageMessages,
): OpenServices {
  const run = executions.openRun(signal)
  const { environment, memory, room, scans, sources } = parts
  const { allocate, checkCancelled } = run.context
  const frameOf = (source: Source) => {
    const { format, label } = source
    return new Frame(sources.scan({ format, label, paths: null, open: async () => source }), runtime)
  }
  return {
    run,
    memory,
    allocate,
    target: { memory: memory.views, allocate, checkCancelled },
    signal: run.signal,
    runtime,
    scans,
    lease: async (batch) => {
      await parts.relieve()
      return parts.lease(batch)
    },
    async *batchesOf({ plan }, options = {}, ended = () => {}) {
      // They outlive the run that made them.
      for await (const batch of executions.batches(plan, { signal: run.signal, ...options }, () => {}, ended)) {
        yield keepBatch(batch, memory)
      }
    },
    tableOf: (schema, batches) => {
      for (const batch of batches) keepBatch(batch, memory)
      const source = new MemorySource(0, schema, batches, memory)
      return { frame: frameOf(source), close: () => source.close() }
    },
    frameOf,
    lowered: async ({ plan }) => {
      const resolved = await unlessCancelled(resolveQuery(plan, environment), checkCancelled)
      return lower(optimizeQuery(resolved, sources), (source) => sources.sourceOf(source))
    },
    bulk: () => new BulkStrategy(run, new Switching('bulk', room.pressure(), () => {})),
    messages,
    close: () => executions.endRun(run),
  }
}
