/** Stages in every placement, over batches of a pipeline that is open as long as a test. */

import { Executor } from '../../../../engine/executor.js'
import { releaseBatch } from '../../../../engine/kernels/vectors.js'
import { checkEngineOptions } from '../../../../engine/options.js'
import type { StageBody } from '../../../../engine/pipeline/placements/body.js'
import { openWork } from '../../../../engine/pipeline/placements/open.js'
import type { OpenServices } from '../../../../engine/pipeline/services.js'
import type { Output, StageWork } from '../../../../engine/pipeline/stage.js'
import type { Batch } from '../../../../io/batch.js'
import { batchOfRecords, toRow } from '../../../../io/records/row.js'
import type { FunctionDefinition, Placement, PlacementKind } from '../../../../planner/pipeline/definition.js'
import { FLOAT64, field, INT64, type Schema, schemaOf, UTF8 } from '../../../../planner/types.js'

const MODULE = new URL('./functions.js', import.meta.url).pathname

export const INPUT: Schema = schemaOf([field('id', INT64), field('value', FLOAT64), field('name', UTF8)])

export const PLACEMENTS: Readonly<Record<PlacementKind, Placement>> = {
  inline: { kind: 'inline' },
  threads: { kind: 'threads', maxThreads: 1 },
  snapshot: { kind: 'snapshot', maxThreads: 1, accumulateMax: 2 },
  process: { kind: 'process', maxProcesses: 1, retries: 0, timeout: null },
  actor: { kind: 'actor', actors: 1, key: [] },
}

export const KINDS = Object.keys(PLACEMENTS) as PlacementKind[]

export type Rows = readonly Record<string, unknown>[]

/** An engine, and a pipeline that is open on it. */
export class Stages {
  readonly executor = new Executor(checkEngineOptions({ threads: 2 }))
  private readonly controller = new AbortController()
  services: OpenServices = this.executor.openPipeline(this.controller.signal)

  async close(): Promise<void> {
    await this.services.close()
    await this.executor.close()
  }

  /** Ends the pipeline and opens the next; what the first left in memory. */
  async reopen(): Promise<void> {
    await this.services.close()
    this.services = this.executor.openPipeline()
  }

  abort(): void {
    this.controller.abort(new Error('enough'))
  }

  get usedBytes(): number {
    return this.executor.memoryUsage().usedBytes
  }

  open(body: StageBody, placement: Placement): Promise<StageWork> {
    return openWork({ id: 'tested', body }, placement, this.services)
  }

  batch(rows: Rows, schema = INPUT): Batch {
    return batchOfRecords(schema, rows, this.services.target)
  }

  /** Rows of outputs, which are released, by port. */
  rows(outputs: readonly Output[]): Record<string, Rows> {
    const ports: Record<string, Record<string, unknown>[]> = {}
    for (const { port, batch } of outputs) {
      ports[port] ??= []
      for (let row = 0; row < batch.length; row++) ports[port].push(toRow(this.services.memory.views, batch, row))
      releaseBatch(this.services.run.context, batch)
    }
    return ports
  }

  /** All that a work puts out for batches of these rows, one after the other. */
  async run(work: StageWork, batches: readonly Rows[]): Promise<Record<string, Rows>> {
    const outputs: Output[] = []
    for (const rows of batches) outputs.push(...(await work.process(this.batch(rows))))
    outputs.push(...(await work.finish()))
    await work.close()
    return this.rows(outputs)
  }
}

/** Rows `from` to `to` of an endless table. */
export function numbered(from: number, to: number): Rows {
  return Array.from({ length: to - from }, (_, i) => ({
    id: from + i,
    value: (from + i) / 2,
    name: (from + i) % 4 === 0 ? null : `row ${from + i}`,
  }))
}

export function stageFunction(
  name: string,
  mode: 'record' | 'batch' = 'record',
  kwargs: Readonly<Record<string, unknown>> = {},
): FunctionDefinition {
  return { kind: 'module', module: MODULE, function: name, mode, kwargs }
}

export function functionBody(
  name: string,
  mode: 'record' | 'batch' = 'record',
  kwargs: Readonly<Record<string, unknown>> = {},
  schema: Schema | null = null,
): StageBody {
  return { kind: 'function', function: stageFunction(name, mode, kwargs), schema }
}

/** True of a process that has not ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
