/**
 * Reads DuckDB's vectors into volley's, a chunk of rows after another until they make a batch.
 *
 * Reading a vector copies it out of DuckDB's memory; chunks are gathered in memory of this thread, whose size is not
 * known before, and stored in one block of just that size when the batch is complete.
 */

import duckdb from '@duckdb/node-bindings'
import { unreachable } from '../../planner/errors.js'
import type { DataType } from '../../planner/types.js'
import { DecimalReader } from './decimal-reader.js'
import { BooleanReader, FixedReader, NullReader, TimeReader } from './flat-reader.js'
import { ListReader, StructReader } from './nested-reader.js'
import { StringReader } from './string-reader.js'
import { checkType, decimalWidthOf, entryType } from './types.js'
import type { VectorReader } from './vector-loading.js'

/** A reader of columns of type `actual`. Throws InternalError if those are not what `expected` is stored as. */
export function vectorReader(expected: DataType, actual: duckdb.LogicalType): VectorReader {
  if (expected.kind === 'decimal') return new DecimalReader(expected, decimalWidthOf(actual, expected))
  checkType(actual, expected)
  switch (expected.kind) {
    case 'null':
      return new NullReader()
    case 'bool':
      return new BooleanReader()
    case 'utf8':
    case 'binary':
      return new StringReader(expected)
    case 'time':
      if (expected.unit === 's') return new TimeReader(expected, 1_000_000)
      return expected.unit === 'ms' ? new TimeReader(expected, 1_000) : new FixedReader(expected)
    case 'int':
    case 'float':
    case 'date':
    case 'timestamp':
    case 'duration':
    case 'interval':
      return new FixedReader(expected)
    case 'list':
      return new ListReader(expected, vectorReader(expected.element.type, duckdb.list_type_child_type(actual)))
    case 'map': {
      const key = vectorReader(expected.key.type, duckdb.map_type_key_type(actual))
      const value = vectorReader(expected.value.type, duckdb.map_type_value_type(actual))
      return new ListReader(expected, new StructReader(entryType(expected), [key, value]))
    }
    case 'struct': {
      const children = expected.fields.map(({ type }, i) =>
        vectorReader(type, duckdb.struct_type_child_type(actual, i)),
      )
      return new StructReader(expected, children)
    }
    default:
      return unreachable(expected)
  }
}
