/** Connects the stages of a stream by bounded queues. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import type { FlatStage } from '../../../planner/pipeline/flatten.js'
import { StageCounter } from './counts.js'
import { Inbox } from './inbox.js'
import { Outlet } from './outlet.js'
import { Edge, type QueueBudget } from './queue.js'
import type { RunningStage, StreamSetting } from './running-stage.js'

/** By id, in the order of `stages`. */
export function connectStages(
  stages: readonly FlatStage[],
  { services, checkpoint, clocks }: StreamSetting,
  budget: QueueBudget,
): ReadonlyMap<string, RunningStage> {
  const { memory } = services
  const { inputs, readers } = edgesOf(stages, budget, (batch) => releaseBatch(memory, batch))
  const from = checkpoint?.from ?? null
  return new Map(
    stages.map((stage) => {
      const { id, kind } = stage
      const before = from?.producers[id] ?? from?.works[id] ?? from?.consumers[id]
      const counter = new StageCounter(kind, before?.counts, clocks.of(kind))
      const edges = inputs.get(id)!
      const running: RunningStage = {
        stage,
        counter,
        outlet: new Outlet(readers.get(id) ?? new Map(), { ...memory, views: memory.views }, counter),
        inbox: kind === 'producer' ? null : new Inbox(edges),
        edges,
        runner: null,
        rows: null,
        hasBegun: false,
        status: null,
        error: null,
        because: null,
        result: checkpoint?.finished[id] ?? null,
      }
      return [id, running] as const
    }),
  )
}

interface Edges {
  /** By the stage that they lead to. */
  readonly inputs: ReadonlyMap<string, readonly Edge[]>
  /** By the stage that they come from, and its port. */
  readonly readers: ReadonlyMap<string, ReadonlyMap<string, readonly Edge[]>>
}

function edgesOf(stages: readonly FlatStage[], budget: QueueBudget, release: (batch: Batch) => void): Edges {
  const inputs = new Map<string, readonly Edge[]>()
  const readers = new Map<string, Map<string, Edge[]>>()
  for (const { id, queue, inputs: read } of stages) {
    const edges = read.map((input) => {
      const edge = new Edge(id, queue, budget, release)
      const ports = readers.get(input.stage) ?? new Map<string, Edge[]>()
      readers.set(input.stage, ports)
      ports.set(input.port, [...(ports.get(input.port) ?? []), edge])
      return edge
    })
    inputs.set(id, edges)
  }
  return { inputs, readers }
}
