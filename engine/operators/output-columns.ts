/**
 * Columns that a user's function may write its results into.
 *
 * They lie in the run's memory, so that nothing is copied when the function returns them, and the same blocks serve batch
 * after batch: an array of the function's own would be fresh pages for the system to clear and for the collector to find.
 */

import { toArrowType } from '../../io/arrow/schema.js'
import { type Batch, vector } from '../../io/batch.js'
import { type DataType, type Schema, valueWidth } from '../../planner/types.js'
import type { OperatorContext } from './operator-context.js'

type NumericArray = ArrayBufferView & { readonly length: number }

export class OutputColumns {
  /** By name, an array as long as the batch for each column whose values are numbers or bigints. Not cleared. */
  readonly arrays: Readonly<Record<string, NumericArray>>
  private readonly blocks = new Map<NumericArray, number>()

  constructor(
    private readonly context: OperatorContext,
    private readonly schema: Schema,
    private readonly length: number,
  ) {
    const offered = schema.fields.filter(({ type }) => isWritable(type))
    this.arrays = Object.fromEntries(offered.map(({ name, type }) => [name, this.array(type)]))
  }

  /** The batch, if `result` is nothing but these arrays, one for every column: its blocks are then the caller's. */
  take(result: unknown): Batch | null {
    if (typeof result !== 'object' || result === null) return null
    const given = result as Readonly<Record<string, unknown>>
    const blocks = this.schema.fields.map(({ name }) => {
      const array = Object.hasOwn(this.arrays, name) ? this.arrays[name] : null
      return array !== null && given[name] === array ? this.blocks.get(array)! : null
    })
    if (!blocks.every((block) => block !== null)) return null
    for (const block of blocks) this.context.retain(block)
    const columns = this.schema.fields.map(({ type }, index) =>
      vector(type, this.length, { values: blocks[index], blocks: [blocks[index]] }),
    )
    return { schema: this.schema, length: this.length, columns }
  }

  release(): void {
    for (const block of this.blocks.values()) this.context.release(block)
  }

  private array(type: DataType): NumericArray {
    const { ArrayType } = toArrowType(type)
    const block = this.context.allocate(Math.max(1, this.length * valueWidth(type)))
    const elements = (this.length * valueWidth(type)) / ArrayType.BYTES_PER_ELEMENT
    const array = new ArrayType(this.context.memory.buffer, block, elements) as NumericArray
    this.blocks.set(array, block)
    return array
  }
}

/** Decimals are stored in two widths, neither of which a function could choose. */
function isWritable(type: DataType): boolean {
  return valueWidth(type) > 0 && type.kind !== 'decimal' && type.kind !== 'interval'
}
