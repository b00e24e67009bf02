/** Uses Arrow data where it lies: no copy if its buffers are in the shared memory in just the layout of a vector. */

import * as arrow from 'apache-arrow'
import type { DataType } from '../../planner/types.js'
import { valueWidth } from '../../planner/types.js'
import { type MemoryViews, type Vector, vector } from '../batch.js'
import { checkBytes, checkCodes, checkOffsets } from './checks.js'

/** Who holds memory that Arrow data may lie in. */
export interface BlockOwner {
  /** The address of the block that has the byte at `address`, or null if the data must be copied. */
  blockOf(address: number): number | null
  readonly retain: (block: number) => void
}

const ALIGNMENT = 8

/** Retains, once each, the blocks of the vector that it returns; null if anything must be copied or converted. */
export function adoptColumn(
  data: arrow.Data,
  type: DataType,
  memory: MemoryViews,
  owner: BlockOwner,
  column: string,
): Vector | null {
  const adoption = new Adoption(memory, owner, column)
  const adopted = adoption.vector(data, type)
  if (adopted === null) return null
  for (const block of adoption.blocks) owner.retain(block)
  return { ...adopted, blocks: [...adoption.blocks] }
}

class Adoption {
  readonly blocks = new Set<number>()

  constructor(
    private readonly memory: MemoryViews,
    private readonly owner: BlockOwner,
    private readonly column: string,
  ) {}

  vector(data: arrow.Data, type: DataType): Vector | null {
    const { length } = data
    if (type.kind === 'null') return vector(type, length)
    const validity = data.nullCount > 0 ? this.bits(data.nullBitmap, data.offset) : 0
    if (validity === null) return null
    switch (data.type.typeId) {
      case arrow.Type.Bool: {
        const values = this.bits(data.values, data.offset)
        return values === null ? null : vector(type, length, { validity, values })
      }
      case arrow.Type.Utf8:
      case arrow.Type.Binary: {
        const offsets = this.address(data.valueOffsets, 4)
        // Bytes of no length are nowhere in particular.
        const values = data.values?.byteLength === 0 ? offsets : this.address(data.values, 1)
        if (offsets === null || values === null) return null
        checkOffsets(data.valueOffsets, length, data.values.byteLength, this.column)
        return vector(type, length, { validity, offsets, values })
      }
      case arrow.Type.List:
      case arrow.Type.Map:
        return this.list(data, type, validity)
      case arrow.Type.Struct: {
        const children =
          type.kind === 'struct'
            ? this.children(
                data,
                type.fields.map((f) => f.type),
              )
            : null
        return children && vector(type, length, { validity, children })
      }
      case arrow.Type.Dictionary:
        return this.dictionary(data, type, validity)
      default:
        return this.fixedWidth(data, type, validity)
    }
  }

  private fixedWidth(data: arrow.Data, type: DataType, validity: number): Vector | null {
    if (!isStoredAlike(data.type)) return null
    const width = type.kind === 'decimal' ? 16 : valueWidth(type)
    const values = this.address(data.values, Math.min(width, ALIGNMENT))
    if (values === null) return null
    checkBytes(data.values, data.length * width, this.column)
    return vector(type, data.length, { validity, values, width })
  }

  private list(data: arrow.Data, type: DataType, validity: number): Vector | null {
    const offsets = this.address(data.valueOffsets, 4)
    const child = data.children[0]
    if (offsets === null || child === undefined) return null
    checkOffsets(data.valueOffsets, data.length, child.length, this.column)
    const element = elementType(type)
    const children = element && this.children(data, [element])
    return children && vector(type, data.length, { validity, offsets, children })
  }

  private dictionary(data: arrow.Data, type: DataType, validity: number): Vector | null {
    const chunks = data.dictionary?.data ?? []
    const { indices } = data.type as arrow.Dictionary
    const { dictionary: valueType } = data.type as arrow.Dictionary
    if (chunks.length !== 1 || indices.bitWidth !== 32 || valueType.typeId !== arrow.Type.Utf8) return null
    if (chunks[0].nullCount > 0) return null
    const values = this.address(data.values, 4)
    const dictionary = values === null ? null : this.vector(chunks[0], type)
    if (values === null || dictionary === null) return null
    checkCodes(data, dictionary.length, this.column)
    return vector(type, data.length, { validity, values, dictionary })
  }

  private children(data: arrow.Data, types: readonly DataType[]): Vector[] | null {
    const children: Vector[] = []
    for (const [index, type] of types.entries()) {
      const child = this.vector(data.children[index], type)
      if (child === null) return null
      children.push(child)
    }
    return children
  }

  /** Kernels read bitmaps in words of 64 bits. */
  private bits(view: Uint8Array | undefined, offset: number): number | null {
    if (offset % 64 !== 0) return null
    const start = this.address(view, ALIGNMENT)
    return start === null ? null : start + offset / 8
  }

  private address(view: ArrayBufferView | undefined, alignment: number): number | null {
    if (view === undefined || view.buffer !== this.memory.buffer || view.byteLength === 0) return null
    if (view.byteOffset % alignment !== 0) return null
    const block = this.owner.blockOf(view.byteOffset)
    if (block === null) return null
    this.blocks.add(block)
    return view.byteOffset
  }
}

/** True of fixed-width types whose values need no conversion. */
export function isStoredAlike(type: arrow.DataType): boolean {
  switch (type.typeId) {
    case arrow.Type.Int:
    case arrow.Type.Time:
    case arrow.Type.Timestamp:
    case arrow.Type.Duration:
      return true
    case arrow.Type.Float:
      return (type as arrow.Float).precision !== arrow.Precision.HALF
    case arrow.Type.Decimal:
      return (type as arrow.Decimal).bitWidth === 128
    case arrow.Type.Date:
      return (type as arrow.Date_).unit === arrow.DateUnit.DAY
    default:
      return false
  }
}

/** The type of a list's elements, or of a map's entries. */
export function elementType(type: DataType): DataType | null {
  if (type.kind === 'list') return type.element.type
  return type.kind === 'map' ? { kind: 'struct', fields: [type.key, type.value] } : null
}
