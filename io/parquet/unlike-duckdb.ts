/** Columns of Parquet files that DuckDB would read as other values than we do. */

import type { DataType } from '../../planner/types.js'
import { Converted, isListElement, Logical } from './logical-types.js'
import { ElementField, type FileMetadata, integer, Physical, Repetition, type SchemaNode, struct } from './metadata.js'

const KNOWN_LOGICAL: ReadonlySet<number> = new Set(Object.values(Logical))

/** The reason why a column of this type, as it is stored, is read otherwise by DuckDB: a clause; null if it is not. */
export function unlikeDuckDb({ root }: FileMetadata, name: string, type: DataType): string | null {
  const node = root.children.find((child) => child.name === name)
  return node === undefined ? null : differenceOf(node, type)
}

function differenceOf(node: SchemaNode, type: DataType): string | null {
  const logical = struct(node.tree, ElementField.LOGICAL_TYPE)
  const converted = integer(node.tree, ElementField.CONVERTED_TYPE)
  if (node.physical === Physical.INT96) return 'has nanoseconds that DuckDB cuts off'
  if (logical !== null && [...logical.keys()].some((id) => !KNOWN_LOGICAL.has(id))) return "has a type of DuckDB's own"
  if (logical?.has(Logical.BSON)) return 'is BSON, which DuckDB does not read'
  if (node.physical !== null) {
    const isAnnotated = logical !== null || converted !== null
    const isTemporal = type.kind === 'timestamp' || type.kind === 'time'
    return isTemporal && !isAnnotated ? 'is a number to DuckDB' : null
  }
  return groupDifference(node, type, logical?.has(Logical.LIST) || converted === Converted.LIST)
}

function groupDifference(node: SchemaNode, type: DataType, isList: boolean): string | null {
  if (node.repetition === Repetition.REPEATED) return 'is repeated without being a list'
  if (type.kind === 'list') {
    const [repeated] = node.children
    if (!isList || isListElement(node, repeated)) return 'is a list of an older form'
    return differenceOf(repeated.children[0], type.element.type)
  }
  if (type.kind === 'map') {
    const [key, value] = node.children[0].children
    return differenceOf(key, type.key.type) ?? differenceOf(value, type.value.type)
  }
  if (type.kind !== 'struct') return null
  for (const [index, child] of node.children.entries()) {
    const difference = differenceOf(child, type.fields[index].type)
    if (difference !== null) return difference
  }
  return null
}
