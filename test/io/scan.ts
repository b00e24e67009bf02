/** Runs sources and sinks over a real shared memory, and checks that no block is lost. */

import { SharedMemory } from '../../engine/memory/shared-memory.js'
import type { Batch } from '../../io/batch.js'
import { releaseBatch } from '../../io/block-sharing.js'
import type { DecodeTarget, Source } from '../../io/source.js'
import { readValue } from '../../io/values.js'
import { vectorFromValues } from '../../io/vector-from-values.js'
import type { ScalarValue } from '../../planner/expression.js'
import * as types from '../../planner/types.js'

export const shared = SharedMemory.create(256 << 20)
export const memory = shared.views

export const target: DecodeTarget = {
  memory,
  allocate: shared.allocate,
  checkCancelled: () => undefined,
}

export const sinkMemory = { views: memory, allocate: shared.allocate, release: shared.release }

export type Columns = readonly (readonly [string, types.DataType, readonly ScalarValue[]])[]

export function batchOf(columns: Columns): Batch {
  return {
    schema: types.schemaOf(columns.map(([name, type]) => types.field(name, type))),
    length: columns[0][2].length,
    columns: columns.map(([, type, values]) => vectorFromValues(type, values, memory, shared.allocate)),
  }
}

export interface Scanned {
  readonly columns: Record<string, ScalarValue[]>
  readonly batches: readonly { readonly length: number; readonly firstRow: number }[]
}

/** Reads everything and releases it; throws if blocks remain that were not there before. */
export async function scan(source: Source, names = source.schema.fields.map((f) => f.name)): Promise<Scanned> {
  const before = shared.statistics().blocks
  const columns: Record<string, ScalarValue[]> = Object.fromEntries(names.map((name) => [name, []]))
  const batches: { length: number; firstRow: number }[] = []
  for await (const morsel of source.morsels({ columns: names, predicate: null }, target)) {
    if (morsel.kind !== 'batch') throw new Error(`a morsel of ${morsel.kind}`)
    const { batch, firstRow } = morsel
    batches.push({ length: batch.length, firstRow })
    for (const [index, name] of names.entries()) {
      for (let row = 0; row < batch.length; row++) columns[name].push(readValue(memory, batch.columns[index], row))
    }
    releaseBatch(shared, batch)
  }
  const after = shared.statistics().blocks
  if (after !== before) throw new Error(`${after - before} blocks were not released`)
  return { columns, batches }
}

export function schemaText(source: Source): string {
  return source.schema.fields.map((f) => `${f.name} ${types.typeName(f.type)}`).join(', ')
}
