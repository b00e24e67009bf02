/** Asks the codec for codes of dictionaries, by an Arrow schema in the footer. */

import { createRequire } from 'node:module'
import type * as arrow from 'apache-arrow'
import type { DataType, Field } from '../../planner/types.js'
import { type ArrowMessages, encodeArrowSchema } from './arrow-schema-message.js'

/** What the schema is made with; given, so that threads need not load it that never plan. */
export type ArrowTypes = ArrowMessages &
  Pick<typeof arrow, 'Dictionary' | 'Field' | 'Int32' | 'List' | 'Map_' | 'Null' | 'Struct' | 'Utf8'>

const require = createRequire(import.meta.url)

/**
 * For threads that plan seldom: loading apache-arrow takes longer than all else that they load. This is its CommonJS build,
 * which is there at once, with classes of its own: nothing that is made with them leaves here.
 */
export function arrowOnDemand(): ArrowTypes {
  return require('apache-arrow') as ArrowTypes
}

/** The Arrow schema, as footers keep it, that asks for the columns marked in `keep` as dictionaries. */
export function encodeCodesWanted(types: ArrowTypes, fields: readonly Field[], keep: readonly boolean[]): string {
  const { Dictionary, Int32, Utf8 } = types
  return encodeArrowSchema(
    types,
    fields.map(({ name, type }, index) => {
      const wanted = keep[index] ? new Dictionary(new Utf8(), new Int32(), index) : noWish(types, type)
      return new types.Field(name, wanted, true)
    }),
  )
}

/** The codec takes a type here for a wish, except null, but wants to see the structure of nested columns. */
function noWish(types: ArrowTypes, type: DataType): arrow.DataType {
  const child = ({ name, type: inner, nullable }: Field): arrow.Field =>
    new types.Field(name, noWish(types, inner), nullable)
  switch (type.kind) {
    case 'list':
      return new types.List(child(type.element))
    case 'struct':
      return new types.Struct(type.fields.map(child))
    case 'map': {
      const entries = new types.Struct([child(type.key), child(type.value)])
      return new types.Map_(new types.Field('entries', entries, false))
    }
    default:
      return new types.Null()
  }
}
