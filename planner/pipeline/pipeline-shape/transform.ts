/** The shape of what a processor does. */

import { choice, code, either, entries, list, named, object, optional, required, text } from '../shape/shape.js'
import { parseTemplate } from '../transforms/template.js'
import { boolean, closure, FUNCTION, names, scalar, schema, sql, typeName } from './values.js'

const added = either(
  scalar,
  object(
    'an added column',
    {
      value: optional(scalar, 'A constant'),
      template: optional(text('a template', templateFault), `Text with \${column} in it`),
      expression: optional(sql, 'SQL'),
    },
    [['value', 'template', 'expression']],
  ),
)

const sortKey = either(
  text("a column, with 'desc' or 'nulls first'"),
  object(
    'a sort key',
    {
      column: optional(text('a column'), 'A column, or SQL'),
      by: optional(text('a column'), 'The same, as sort() of frames has it'),
      descending: optional(boolean, 'Largest first'),
      nulls: optional(choice('first', 'last'), 'Where nulls go; last unless given'),
    },
    [['column', 'by']],
  ),
)

const stepFunction = object(
  'a function step',
  {
    ...FUNCTION,
    module: optional(FUNCTION.module.shape, FUNCTION.module.description),
    call: optional(closure, 'A function of code'),
    schema: optional(schema, 'Columns of what it returns; those of its first output unless given'),
  },
  [['module', 'call']],
)

/** In the order in which the steps of one mapping run. */
const step = object('a transform', {
  rename: optional(entries('new names by old name', text('a name')), 'Columns get other names'),
  convert: optional(entries('types by column', typeName), 'Columns get other types'),
  defaults: optional(entries('values by column', scalar), 'What stands in for nulls and for columns that lack'),
  add: optional(
    entries('columns by name', added),
    `Computed columns: SQL, text with \${column} in it, a number, or { value | template | expression }`,
  ),
  filter: optional(either(sql, list(sql)), 'Conditions in SQL, all of which have to hold'),
  select: optional(either(sql, list(sql)), 'Columns, or SQL: the only ones that stay'),
  drop: optional(names, 'Columns that go'),
  deduplicate: optional(either({ kind: 'true' }, names), 'One row stays of each key; true: of all columns'),
  sort: optional(either(sortKey, list(sortKey)), 'Order of the rows'),
  sql: optional(sql, 'A query over input and the tables of the stage'),
  jsonata: optional(
    either(
      text('a JSONata expression'),
      object('a JSONata step', {
        expression: required(text('a JSONata expression'), 'What is made of each record'),
        mode: optional(choice('record', 'batch'), 'Whether it sees a record, or the list of all records of a batch'),
        schema: optional(schema, 'Columns of the result; inferred from the first ones unless given'),
      }),
    ),
    'A record from each record',
  ),
  function: optional(either(stepFunction, list(stepFunction)), 'Functions of your own'),
})

const frames = code('a function of frames', (value) => typeof value === 'function')
export const transform = named(
  'transform',
  either(named('step', step), list(either(named('step', step), frames)), frames),
)

function templateFault(template: string): string | null {
  try {
    parseTemplate(template)
    return null
  } catch (error) {
    return (error as Error).message
  }
}
