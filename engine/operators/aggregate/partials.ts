/** Partial states as rows, so that they can be merged elsewhere. */

import type { Batch, Vector } from '../../../io/batch.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { planPartials } from '../../../planner/duckdb-sql/partial-form.js'
import type { DataType, Schema } from '../../../planner/types.js'
import { persist, take } from '../../kernels/vectors.js'
import { AggregateState } from '../aggregate.js'
import type { OperatorContext } from '../operator-context.js'
import type { FurtherRows } from './accumulator.js'
import type { Grouping } from './grouping.js'
import type { AggregateDescriptor } from './plan.js'

export { partialSchema } from '../../../planner/duckdb-sql/partial-form.js'

/** Most rows of a batch. */
const ROWS = 16_384

/**
 * The groups of a state whose keys fall into one of `partitions`, as persisted batches of `partialSchema` of up to 16,384
 * groups, or 65,536 of the rows that say more about them, of which `mergePartialsSql` makes the result. The state is not changed, and must not be meanwhile; several
 * partitions can be exported by different workers at once. Between batches scratch is in use: it may be marked and
 * rewound, and is to be reset afterwards.
 */
export function* exportPartials(
  context: OperatorContext,
  descriptor: AggregateDescriptor,
  address: number,
  partition: number,
  partitions: number,
): Generator<Batch> {
  const state = AggregateState.attach(context, descriptor, address)
  const { grouping } = state
  const { partials, schema } = planPartials(descriptor)
  const { entries, count } = grouping.partition(partition, partitions)
  if (count === 0) return
  const rows = partials.map(({ source, fields }) => ({
    ...state.partialRows(source),
    place: fields.length === 0 ? 0 : schema.fields.indexOf(fields[0]),
    width: fields.length,
  }))
  const writer = new PartialWriter(context, schema, descriptor, grouping)
  for (let start = 0; start < count; start += ROWS) {
    const length = Math.min(ROWS, count - start)
    const part = entries + start * 4
    yield writer.batch(part, length, () =>
      rows.flatMap(({ ofGroups, place, width }) => {
        const columns = ofGroups === null ? [] : ofGroups(part, length)
        return columns.slice(0, width).map((column, i) => ({ column, place: place + i }))
      }),
    )
  }
  const mapping = partitions === 1 ? null : ownGroups(context, grouping, entries, count)
  for (const { further, place } of rows) {
    for (const part of further?.() ?? []) {
      const { groups, count: length, columns } = mapping === null ? part : rowsOfGroups(context, part, mapping)
      if (length === 0) continue
      yield writer.batch(groups, length, () => columns.map((column, i) => ({ column, place: place + i })))
    }
  }
}

interface PlacedColumn {
  readonly column: Vector
  readonly place: number
}

class PartialWriter {
  constructor(
    private readonly context: OperatorContext,
    private readonly schema: Schema,
    private readonly descriptor: AggregateDescriptor,
    private readonly grouping: Grouping,
  ) {}

  /** A batch of rows about `groups`, with nulls in the columns that are not given. */
  batch(groups: number, length: number, columns: () => readonly PlacedColumn[]): Batch {
    const { context, schema } = this
    context.checkCancelled()
    const mark = context.markScratch()
    const vectors: Vector[] = schema.fields.map(({ type }) => this.nulls(type, length))
    this.typedKeys().forEach((key, place) => {
      vectors[place] = this.grouping.key(key, groups, length)
    })
    for (const { column, place } of columns()) vectors[place] = column
    const persisted = vectors.map((column) => persist(context, context.allocate, column))
    context.rewindScratch(mark)
    return { schema, length, columns: persisted }
  }

  /** A key without a type is null everywhere and has no column. */
  private typedKeys(): number[] {
    return this.descriptor.keys.flatMap(({ type }, i) => (type.kind === 'null' ? [] : [i]))
  }

  private nulls(type: DataType, length: number): Vector {
    const { memory, scratch } = this.context
    return { ...vectorFromValues(type, [null], memory, scratch), length, constant: true, blocks: [] }
  }
}

/** For each group its number, or 0xffffffff if it is not among `entries`, as u32 in scratch. */
function ownGroups(context: OperatorContext, { table }: Grouping, entries: number, count: number): number {
  const mapping = context.scratch(table.count * 4)
  context.memory.u8.fill(255, mapping, mapping + table.count * 4)
  context.wasm.group_map_entries(entries, entries, count, mapping)
  return mapping
}

function rowsOfGroups(context: OperatorContext, { groups, count, columns }: FurtherRows, mapping: number): FurtherRows {
  const { wasm, scratch } = context
  const own = scratch(count * 4)
  wasm.take_32(mapping, groups, count, own)
  const rows = scratch(count * 4 + 4)
  const kept = wasm.group_select_mapped(own, count, rows)
  const keptGroups = scratch(kept * 4)
  wasm.take_32(own, rows, kept, keptGroups)
  return { groups: keptGroups, count: kept, columns: columns.map((column) => take(context, column, rows, kept)) }
}
