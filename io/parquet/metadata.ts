/**
 * Typed views of a footer's Thrift tree, with the trees kept beside them.
 * Source: parquet-format, src/main/thrift/parquet.thrift; the numbers are its field ids and enum values.
 */

import {
  readThriftStruct,
  type ThriftField,
  ThriftFormatError,
  type ThriftStruct,
  ThriftType,
  type ThriftValue,
} from './thrift.js'

export const FileField = {
  VERSION: 1,
  SCHEMA: 2,
  ROWS: 3,
  ROW_GROUPS: 4,
  KEY_VALUES: 5,
  CREATED_BY: 6,
  COLUMN_ORDERS: 7,
  ENCRYPTION: 8,
} as const
export const ElementField = {
  TYPE: 1,
  TYPE_LENGTH: 2,
  REPETITION: 3,
  NAME: 4,
  CHILDREN: 5,
  CONVERTED_TYPE: 6,
  SCALE: 7,
  PRECISION: 8,
  LOGICAL_TYPE: 10,
} as const
export const RowGroupField = {
  COLUMNS: 1,
  BYTES: 2,
  ROWS: 3,
  SORTING: 4,
  FILE_OFFSET: 5,
  COMPRESSED_BYTES: 6,
  ORDINAL: 7,
} as const
export const ChunkField = { FILE_PATH: 1, FILE_OFFSET: 2, METADATA: 3, CRYPTO: 8, ENCRYPTED_METADATA: 9 } as const
export const ColumnField = {
  TYPE: 1,
  ENCODINGS: 2,
  PATH: 3,
  CODEC: 4,
  VALUES: 5,
  UNCOMPRESSED_BYTES: 6,
  COMPRESSED_BYTES: 7,
  DATA_PAGE: 9,
  INDEX_PAGE: 10,
  DICTIONARY_PAGE: 11,
  STATISTICS: 12,
  ENCODING_STATS: 13,
  BLOOM_FILTER: 14,
  BLOOM_FILTER_BYTES: 15,
} as const

export const Physical = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  INT96: 3,
  FLOAT: 4,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
} as const
export const Repetition = { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 } as const

export interface SchemaNode {
  readonly tree: ThriftStruct
  readonly name: string
  readonly repetition: number
  /** Null for groups. */
  readonly physical: number | null
  readonly children: readonly SchemaNode[]
  /** Leaves come in depth-first order; a row group has one chunk for each. */
  readonly firstLeaf: number
  readonly leafCount: number
}

export interface ColumnChunk {
  readonly tree: ThriftStruct
  readonly metadata: ThriftStruct
  readonly path: readonly string[]
  readonly codec: number
  readonly encodings: readonly number[]
  readonly values: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  /** Where its pages start in the file. */
  readonly offset: number
  readonly hasDictionary: boolean
  readonly statistics: ThriftStruct | null
  /** Page type, encoding and number of pages; null where the writer did not say. */
  readonly pages: readonly { readonly type: number; readonly encoding: number; readonly count: number }[] | null
}

export interface RowGroup {
  readonly tree: ThriftStruct
  readonly rows: number
  /** Of all pages, uncompressed. */
  readonly bytes: number
  readonly columns: readonly ColumnChunk[]
}

export interface FileMetadata {
  readonly tree: ThriftStruct
  readonly root: SchemaNode
  readonly rows: number
  readonly rowGroups: readonly RowGroup[]
  readonly createdBy: string | null
  readonly keyValues: ReadonlyMap<string, string>
}

const decoder = new TextDecoder()

/** Reads a footer's bytes. Throws ThriftFormatError if they are malformed or contradict themselves. */
export function parseMetadata(bytes: Uint8Array): FileMetadata {
  const tree = readThriftStruct(bytes).struct
  const root = parseSchema(structs(tree, FileField.SCHEMA))
  const rowGroups = structs(tree, FileField.ROW_GROUPS).map(parseRowGroup)
  const rows = count(tree, FileField.ROWS)
  const sum = rowGroups.reduce((total, group) => total + group.rows, 0)
  if (sum !== rows) throw new ThriftFormatError(`it states ${rows} rows, its row groups have ${sum}`)
  for (const [index, group] of rowGroups.entries()) {
    if (group.columns.length !== root.leafCount) {
      throw new ThriftFormatError(
        `row group ${index} has ${group.columns.length} column chunks, the schema ${root.leafCount} columns`,
      )
    }
  }
  const keyValues = new Map<string, string>()
  for (const pair of structs(tree, FileField.KEY_VALUES)) keyValues.set(text(pair, 1) ?? '', text(pair, 2) ?? '')
  return { tree, root, rows, rowGroups, createdBy: text(tree, FileField.CREATED_BY), keyValues }
}

function parseSchema(elements: readonly ThriftStruct[]): SchemaNode {
  let position = 0
  let leaf = 0
  const next = (depth: number): SchemaNode => {
    if (position >= elements.length) throw new ThriftFormatError('its schema names more children than it has')
    if (depth > 64) throw new ThriftFormatError('its schema is nested too deep')
    const tree = elements[position++]
    const physical = integer(tree, ElementField.TYPE)
    const firstLeaf = leaf
    const children: SchemaNode[] = []
    // A column without type is a group, a root without children an empty schema.
    if (physical === null) {
      for (let i = integer(tree, ElementField.CHILDREN) ?? 0; i > 0; i--) children.push(next(depth + 1))
    } else leaf++
    const repetition = integer(tree, ElementField.REPETITION) ?? Repetition.REQUIRED
    const name = text(tree, ElementField.NAME) ?? ''
    return { tree, name, repetition, physical, children, firstLeaf, leafCount: leaf - firstLeaf }
  }
  const root = next(0)
  if (position !== elements.length) throw new ThriftFormatError('its schema has elements outside of its root')
  return root
}

/** Reads one row group; also used for what an encoder hands over. */
export function parseRowGroup(tree: ThriftStruct): RowGroup {
  return {
    tree,
    rows: count(tree, RowGroupField.ROWS),
    bytes: count(tree, RowGroupField.BYTES),
    columns: structs(tree, RowGroupField.COLUMNS).map(parseChunk),
  }
}

function parseChunk(tree: ThriftStruct): ColumnChunk {
  const metadata = struct(tree, ChunkField.METADATA)
  if (metadata === null) throw new ThriftFormatError('a column chunk lacks its metadata')
  const data = count(metadata, ColumnField.DATA_PAGE)
  const dictionary = integer(metadata, ColumnField.DICTIONARY_PAGE) ?? 0
  // Some writers state a dictionary at 0 where there is none.
  const hasDictionary = dictionary > 0 && dictionary < data
  const pages = metadata.has(ColumnField.ENCODING_STATS)
    ? structs(metadata, ColumnField.ENCODING_STATS).map((entry) => ({
        type: count(entry, 1),
        encoding: count(entry, 2),
        count: count(entry, 3),
      }))
    : null
  return {
    tree,
    metadata,
    path: list(metadata, ColumnField.PATH).map((part) => decoder.decode(expectBytes(part))),
    codec: count(metadata, ColumnField.CODEC),
    encodings: list(metadata, ColumnField.ENCODINGS).map(expectInteger),
    values: count(metadata, ColumnField.VALUES),
    compressedBytes: count(metadata, ColumnField.COMPRESSED_BYTES),
    uncompressedBytes: count(metadata, ColumnField.UNCOMPRESSED_BYTES),
    offset: hasDictionary ? dictionary : data,
    hasDictionary,
    statistics: struct(metadata, ColumnField.STATISTICS),
    pages,
  }
}

export function integer(tree: ThriftStruct, id: number): number | null {
  const found = tree.get(id)
  return found === undefined ? null : expectInteger(found.value)
}

/** A required number that cannot be negative. */
function count(tree: ThriftStruct, id: number): number {
  const value = integer(tree, id)
  if (value === null) throw new ThriftFormatError(`required field ${id} is missing`)
  if (value < 0 || !Number.isSafeInteger(value)) throw new ThriftFormatError(`field ${id} is ${value}`)
  return value
}

export function flag(tree: ThriftStruct, id: number): boolean | null {
  const found = tree.get(id)
  return found === undefined ? null : found.value === true
}

function text(tree: ThriftStruct, id: number): string | null {
  const found = bytes(tree, id)
  return found === null ? null : decoder.decode(found)
}

export function bytes(tree: ThriftStruct, id: number): Uint8Array | null {
  const found = tree.get(id)
  return found === undefined ? null : expectBytes(found.value)
}

export function struct(tree: ThriftStruct, id: number): ThriftStruct | null {
  const found = tree.get(id)
  return found === undefined ? null : expectStruct(found.value)
}

export function structs(tree: ThriftStruct, id: number): ThriftStruct[] {
  return list(tree, id).map(expectStruct)
}

function list(tree: ThriftStruct, id: number): readonly ThriftValue[] {
  const found = tree.get(id)
  if (found === undefined) return []
  const { value } = found
  if (typeof value !== 'object' || value instanceof Map || value instanceof Uint8Array) {
    throw new ThriftFormatError(`field ${id} is not a list`)
  }
  return value.values
}

function expectStruct(value: ThriftValue): ThriftStruct {
  if (!(value instanceof Map)) throw new ThriftFormatError('a field is not a struct')
  return value
}

function expectBytes(value: ThriftValue): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ThriftFormatError('a field is not a string')
  return value
}

function expectInteger(value: ThriftValue): number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new ThriftFormatError('a field is not a number')
  return Number(value)
}

const encoder = new TextEncoder()

/** Makes a field of a tree to be written. */
export const thriftField = {
  i32: (value: number): ThriftField => ({ type: ThriftType.I32, value }),
  i64: (value: number | bigint): ThriftField => ({ type: ThriftType.I64, value: BigInt(value) }),
  flag: (value: boolean): ThriftField => ({ type: ThriftType.TRUE, value }),
  byte: (value: number): ThriftField => ({ type: ThriftType.BYTE, value }),
  text: (value: string): ThriftField => ({ type: ThriftType.BINARY, value: encoder.encode(value) }),
  texts: (values: readonly string[]): ThriftField => ({
    type: ThriftType.LIST,
    value: { elementType: ThriftType.BINARY, values: values.map((value) => encoder.encode(value)) },
  }),
  struct: (value: ThriftStruct): ThriftField => ({ type: ThriftType.STRUCT, value }),
  structs: (values: ThriftStruct[]): ThriftField => ({
    type: ThriftType.LIST,
    value: { elementType: ThriftType.STRUCT, values },
  }),
}

/** The pair under which Arrow writers keep the Arrow schema of the file. */
export const ARROW_SCHEMA_KEY = 'ARROW:schema'

export function keyValueField(pairs: Iterable<readonly [string, string]>): ThriftField {
  return thriftField.structs(
    Array.from(
      pairs,
      ([key, value]): ThriftStruct =>
        new Map([
          [1, thriftField.text(key)],
          [2, thriftField.text(value)],
        ]),
    ),
  )
}
