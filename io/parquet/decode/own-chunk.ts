/** Which column chunks `chunk-decoder.ts` decodes; all others are for the codec. */

import { type DataType, valueWidth } from '../../../planner/types.js'
import { type ColumnChunk, Physical, Repetition, type SchemaNode } from '../metadata.js'
import { Encoding } from '../pages.js'

export interface OwnChunk {
  readonly type: DataType
  readonly rows: number
  readonly isOptional: boolean
  /** With Snappy; otherwise not at all. */
  readonly isCompressed: boolean
  readonly storedBytes: number
  /** Bytes of a number as it is stored; 0 for others. */
  readonly storedWidth: number
}

/** Not compressed, and Snappy, as the footer numbers them. */
const STORED = 0
const SNAPPY = 1

const ENCODINGS: readonly number[] = Object.values(Encoding)
const LONGEST_CHUNK = 2 ** 31 - 1

/** Null if the chunk of a column at the root of the schema, `rows` rows of `type`, is for the codec. */
export function ownChunk(chunk: ColumnChunk, node: SchemaNode, type: DataType, rows: number): OwnChunk | null {
  const { codec, compressedBytes } = chunk
  const storedWidth = node.physical === null ? null : widthOf(node.physical, type)
  if (storedWidth === null || node.repetition === Repetition.REPEATED) return null
  if ((codec !== STORED && codec !== SNAPPY) || chunk.values !== rows || compressedBytes > LONGEST_CHUNK) return null
  if (!chunk.encodings.every((encoding) => ENCODINGS.includes(encoding))) return null
  return {
    type,
    rows,
    isOptional: node.repetition === Repetition.OPTIONAL,
    isCompressed: codec === SNAPPY,
    storedBytes: compressedBytes,
    storedWidth,
  }
}

/** Bytes of a stored value, 0 for bits and texts; null if the type is stored as something that has to be converted. */
function widthOf(physical: number, type: DataType): number | null {
  const is = (fits: boolean, width: number) => (fits ? width : null)
  switch (type.kind) {
    case 'bool':
      return is(physical === Physical.BOOLEAN, 0)
    case 'utf8':
    case 'binary':
      return is(physical === Physical.BYTE_ARRAY, 0)
    case 'float':
      return is(physical === (type.bits === 32 ? Physical.FLOAT : Physical.DOUBLE), type.bits / 8)
    case 'decimal':
      if (physical === Physical.INT32) return is(valueWidth(type) === 8, 4)
      return is(physical === Physical.INT64 && valueWidth(type) === 8, 8)
    case 'time':
    case 'timestamp':
      return type.unit === 's' ? null : integerWidth(physical, type)
    case 'int':
    case 'date':
    case 'duration':
      return integerWidth(physical, type)
    default:
      return null
  }
}

function integerWidth(physical: number, type: DataType): number | null {
  const width = valueWidth(type)
  return physical === (width === 4 ? Physical.INT32 : Physical.INT64) && width >= 4 ? width : null
}
