/**
 * Plans what to read of a row group: byte ranges, and a footer that makes of them a small Parquet file of their own.
 *
 *   the file    PAR1 | a | b | c | a | b | c | footer | PAR1
 *   the morsel                 PAR1 | a |  c | new footer | PAR1        (row group 1, columns a and c)
 *
 * The new footer asks the codec for the least work. Annotations that only interpret stored integers (decimals, dates,
 * times) are dropped: the reader knows the types from the morsel's schema. Strings whose pages are all dictionary
 * encoded are asked for as dictionaries, by an Arrow schema kept in the footer, so that their codes stay codes.
 */

import { InternalError, VolleyError } from '../../planner/errors.js'
import type { DataType, Field, Schema } from '../../planner/types.js'
import type { ColumnConstant, ParquetMorsel } from '../source.js'
import { type ArrowTypes, arrowOnDemand, encodeCodesWanted } from './codes-wanted.js'
import type { ParquetFooter } from './footer.js'
import { Converted, isListElement, Logical } from './logical-types.js'
import {
  ARROW_SCHEMA_KEY,
  type ColumnChunk,
  ColumnField,
  ElementField,
  FileField,
  type FileMetadata,
  keyValueField,
  Physical,
  parseMetadata,
  Repetition,
  RowGroupField,
  type SchemaNode,
  thriftField,
} from './metadata.js'
import { Encoding, isCode, PageType } from './pages.js'
import { relocateChunk } from './relocate.js'
import { ThriftFormatError, type ThriftStruct, writeThriftStruct } from './thrift.js'

/** Neighbours closer than this are read at once, with the bytes between them. */
const COALESCE_GAP = 16 * 1024
const MAGIC_BYTES = 4

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Plans one row group; `schema` has the wanted columns in order, those named in `constants` being no file columns. */
export function planMorsel(
  arrow: ArrowTypes,
  footer: ParquetFooter,
  rowGroup: number,
  firstRow: number,
  schema: Schema,
  constants: readonly ColumnConstant[] = [],
): ParquetMorsel {
  const { path, fileBytes, modifiedMs, metadata } = footer
  const fields = schema.fields.filter(({ name }) => !constants.some((constant) => constant.name === name))
  return {
    kind: 'parquet',
    path,
    rowGroup,
    rows: metadata.rowGroups[rowGroup].rows,
    firstRow,
    schema,
    ...planMiniFile(metadata, rowGroup, fields, (offset) => offset, { arrow: () => arrow }),
    constants,
    fileBytes,
    modifiedMs,
  }
}

/** The same morsel with some of its columns only; all of them lie in the file. */
export function narrowMorsel(
  morsel: ParquetMorsel,
  fields: readonly Field[],
  options: MiniOptions = {},
): ParquetMorsel {
  const metadata = parseMini(morsel)
  const offsetInFile = (offset: number) => fileOffset(morsel, offset)
  return {
    ...morsel,
    schema: { fields },
    constants: [],
    ...planMiniFile(metadata, 0, fields, offsetInFile, { arrow: arrowOnDemand, ...options }),
  }
}

/** Where a byte of the small file lies in the file. */
export function fileOffset({ ranges }: ParquetMorsel, offset: number): number {
  let start = MAGIC_BYTES
  for (const range of ranges) {
    if (offset < start + range.length) return range.offset + offset - start
    start += range.length
  }
  return offset
}

/** Uncompressed bytes of each column that a morsel reads from its file. */
export function columnBytes(morsel: ParquetMorsel): ReadonlyMap<string, number> {
  const metadata = parseMini(morsel)
  return new Map(
    metadata.root.children.map((node) => [
      node.name,
      chunksOf(metadata, 0, node).reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
    ]),
  )
}

/**
 * The footer of a morsel, whose one row group has its columns. Parses what was planned: throws VOLLEY_CORRUPT_FILE if a field
 * of the file's footer is of the wrong kind, which may show only now.
 */
export function parseMini({ footer, path, rowGroup }: ParquetMorsel): FileMetadata {
  try {
    return parseMetadata(footer)
  } catch (error) {
    if (!(error instanceof ThriftFormatError)) throw error
    const message = `the footer of ${path} is corrupt in row group ${rowGroup}: ${error.message}`
    throw new VolleyError('VOLLEY_CORRUPT_FILE', message, { path, rowGroup }, error)
  }
}

export function chunksOf(metadata: FileMetadata, rowGroup: number, node: SchemaNode): readonly ColumnChunk[] {
  return metadata.rowGroups[rowGroup].columns.slice(node.firstLeaf, node.firstLeaf + node.leafCount)
}

export interface MiniOptions {
  /** Read strings as plain bytes, which the codec does not validate. */
  readonly rawStrings?: boolean
}

function planMiniFile(
  metadata: FileMetadata,
  rowGroup: number,
  fields: readonly Field[],
  offsetInFile: (offset: number) => number,
  options: MiniOptions & { readonly arrow: () => ArrowTypes },
): { ranges: ByteRange[]; footer: Uint8Array } {
  const nodes = fields.map(({ name }) => metadata.root.children.find((node) => node.name === name) as SchemaNode)
  const chunks = nodes.flatMap((node) => chunksOf(metadata, rowGroup, node))
  const ranges = coalesce(
    chunks.map((chunk) => ({ offset: offsetInFile(chunk.offset), length: chunk.compressedBytes })),
  )
  const group = metadata.rowGroups[rowGroup]
  const root: ThriftStruct = new Map(metadata.root.tree)
  root.set(ElementField.CHILDREN, thriftField.i32(nodes.length))
  const elements = [root, ...nodes.flatMap((node, index) => schemaElements(node, fields[index].type, options))]
  const columns = chunks.map((chunk) =>
    relocateChunk(chunk, place(ranges, offsetInFile(chunk.offset)) - chunk.offset, [ColumnField.STATISTICS]),
  )
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0)
  const tree: ThriftStruct = new Map([
    [FileField.VERSION, thriftField.i32(2)],
    [FileField.SCHEMA, thriftField.structs(elements)],
    [FileField.ROWS, thriftField.i64(group.rows)],
    [
      FileField.ROW_GROUPS,
      thriftField.structs([
        new Map([
          [RowGroupField.COLUMNS, thriftField.structs(columns)],
          [RowGroupField.BYTES, thriftField.i64(bytes)],
          [RowGroupField.ROWS, thriftField.i64(group.rows)],
        ]),
      ]),
    ],
  ])
  const keep = nodes.map((node, i) => !options.rawStrings && keepsCodes(fields[i].type, node, metadata, rowGroup))
  if (keep.includes(true)) {
    tree.set(
      FileField.KEY_VALUES,
      keyValueField([[ARROW_SCHEMA_KEY, codesWanted(metadata, fields, keep, options.arrow)]]),
    )
  }
  return { ranges, footer: writeThriftStruct(tree) }
}

function coalesce(ranges: readonly ByteRange[]): ByteRange[] {
  const result: { offset: number; length: number }[] = []
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    if (length === 0) continue
    const last = result.at(-1)
    if (last !== undefined && offset - (last.offset + last.length) <= COALESCE_GAP) {
      last.length = Math.max(last.length, offset + length - last.offset)
    } else result.push({ offset, length })
  }
  return result
}

/** Where a byte of the file lies in the mini file. */
function place(ranges: readonly ByteRange[], offset: number): number {
  let start = MAGIC_BYTES
  for (const range of ranges) {
    if (offset >= range.offset && offset < range.offset + range.length) return start + offset - range.offset
    start += range.length
  }
  return start
}

/** The elements of a field and what is below it: follows the ways of `schema.ts` from node to type. */
function schemaElements(node: SchemaNode, type: DataType, options: MiniOptions): ThriftStruct[] {
  const isBareList = node.repetition === Repetition.REPEATED && type.kind === 'list'
  return typeElements(node, isBareList ? type.element.type : type, options)
}

function typeElements(node: SchemaNode, type: DataType, options: MiniOptions): ThriftStruct[] {
  if (node.physical !== null) return [leafElement(node, type, options)]
  const [inner] = node.children
  switch (type.kind) {
    case 'list':
      if (isListElement(node, inner)) return [node.tree, ...typeElements(inner, type.element.type, options)]
      return [node.tree, inner.tree, ...schemaElements(inner.children[0], type.element.type, options)]
    case 'map':
      return [
        node.tree,
        inner.tree,
        ...schemaElements(inner.children[0], type.key.type, options),
        ...schemaElements(inner.children[1], type.value.type, options),
      ]
    case 'struct':
      return [node.tree, ...node.children.flatMap((child, i) => schemaElements(child, type.fields[i].type, options))]
    default:
      throw new InternalError(`group ${node.name} was taken for ${type.kind}`)
  }
}

function leafElement(node: SchemaNode, type: DataType, options: MiniOptions): ThriftStruct {
  if (type.kind !== 'utf8') return needsAnnotation(node, type) ? node.tree : withoutAnnotation(node)
  const element = withoutAnnotation(node)
  if (options.rawStrings) return element
  element.set(ElementField.CONVERTED_TYPE, thriftField.i32(Converted.UTF8))
  element.set(ElementField.LOGICAL_TYPE, thriftField.struct(new Map([[Logical.STRING, thriftField.struct(new Map())]])))
  return element
}

/** Whether the codec's output would have another width or content without the annotation. */
function needsAnnotation(node: SchemaNode, type: DataType): boolean {
  switch (node.physical) {
    case Physical.INT32:
    case Physical.INT64:
      if (type.kind === 'int') return type.bits < 32
      return (type.kind === 'timestamp' || type.kind === 'time') && type.unit === 's'
    case Physical.BYTE_ARRAY:
    case Physical.FIXED_LEN_BYTE_ARRAY:
      return type.kind === 'decimal' || type.kind === 'float'
    default:
      return false
  }
}

function withoutAnnotation(node: SchemaNode): ThriftStruct {
  const element: ThriftStruct = new Map(node.tree)
  for (const id of [
    ElementField.CONVERTED_TYPE,
    ElementField.SCALE,
    ElementField.PRECISION,
    ElementField.LOGICAL_TYPE,
  ]) {
    element.delete(id)
  }
  return element
}

/** True for a string column all of whose values are codes into its dictionary page. */
function keepsCodes(type: DataType, node: SchemaNode, metadata: FileMetadata, rowGroup: number): boolean {
  if (type.kind !== 'utf8' || node.physical === null) return false
  const [chunk] = chunksOf(metadata, rowGroup, node)
  if (!chunk.hasDictionary) return false
  if (chunk.pages !== null && chunk.pages.length > 0) {
    return chunk.pages.every((page) => page.type === PageType.DICTIONARY || isCode(page.encoding))
  }
  // A dictionary page itself may count as PLAIN here: only writers that do not list it can be trusted.
  const isLevel = (encoding: number) => encoding === Encoding.RLE || encoding === Encoding.BIT_PACKED
  return chunk.encodings.every((encoding) => isCode(encoding) || isLevel(encoding))
}

const wantedCodes = new WeakMap<SchemaNode, Map<string, string>>()

/** As `encodeCodesWanted`, once for the row groups of a file. */
function codesWanted(
  metadata: FileMetadata,
  fields: readonly Field[],
  keep: readonly boolean[],
  arrow: () => ArrowTypes,
): string {
  let known = wantedCodes.get(metadata.root)
  if (known === undefined) {
    known = new Map()
    wantedCodes.set(metadata.root, known)
  }
  const id = JSON.stringify(fields.map((source, index) => [source.name, keep[index]]))
  let encoded = known.get(id)
  if (encoded === undefined) {
    encoded = encodeCodesWanted(arrow(), fields, keep)
    known.set(id, encoded)
  }
  return encoded
}
