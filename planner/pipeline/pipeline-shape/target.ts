/** The shape of what a consumer writes. */

import { choice, either, entries, named, object, optional, required, text } from '../shape/shape.js'
import { boolean, CONNECTION, closure, DATABASES, data, FUNCTION, format, names } from './values.js'

const loadMode = choice('append', 'replace', 'upsert', 'fail')
const LOAD = {
  mode: optional(
    loadMode,
    "What becomes of rows that are there: 'fail' for files and 'append' for tables unless given",
  ),
  key: optional(names, "Key columns of mode 'upsert'"),
}

export const target = named(
  'target',
  either(text('the path of a file'), closure, {
    kind: 'variants',
    what: 'a target',
    tag: 'type',
    variants: [
      {
        names: ['file'],
        impliedBy: ['path'],
        shape: object('a file target', {
          path: required(text('a path'), 'File, or directory with mode append or partitionBy'),
          format: optional(format, 'Unless the name tells'),
          ...LOAD,
          options: optional(entries('options of the writer', data), 'As sinkParquet and its like take them'),
        }),
      },
      {
        names: DATABASES,
        impliedBy: [],
        shape: object('a database target', {
          connection: CONNECTION,
          table: required(text('a table'), 'Where the rows go'),
          ...LOAD,
          create: optional(boolean, 'Creates the table if there is none; true unless given'),
        }),
      },
      { names: ['function'], impliedBy: ['module'], shape: object('a function target', FUNCTION) },
    ],
  }),
)
