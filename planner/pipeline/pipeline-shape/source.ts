/** The shape of what a producer reads. */

import { Frame } from '../../frame.js'
import {
  choice,
  code,
  either,
  entries,
  list,
  named,
  number,
  object,
  optional,
  required,
  text,
  type VariantsShape,
  whole,
} from '../shape/shape.js'
import { retries } from './failures.js'
import {
  CONNECTION,
  closure,
  DATABASES,
  data,
  duration,
  FUNCTION,
  format,
  names,
  scalar,
  schema,
  sql,
} from './values.js'

const pagination = either(choice('none', 'link'), {
  kind: 'variants',
  what: 'a pagination',
  tag: 'type',
  variants: [
    { names: ['none'], impliedBy: [], shape: object('no pagination', {}) },
    { names: ['link'], impliedBy: [], shape: object('a pagination by links', {}) },
    {
      names: ['page'],
      impliedBy: [],
      shape: object('a pagination by page', {
        parameter: optional(text('a name'), "Parameter of the query; 'page' unless given"),
        first: optional(whole(0), 'Number of the first page; 1 unless given'),
        size: optional(whole(1), 'Records of a page; a page of fewer is the last'),
        sizeParameter: optional(text('a name'), 'Parameter for the size'),
      }),
    },
    {
      names: ['offset'],
      impliedBy: [],
      shape: object('a pagination by offset', {
        parameter: optional(text('a name'), "Parameter of the query; 'offset' unless given"),
        size: required(whole(1), 'Records of a request'),
        sizeParameter: optional(text('a name'), 'Parameter for the size'),
      }),
    },
    {
      names: ['cursor'],
      impliedBy: [],
      shape: object('a pagination by cursor', {
        parameter: optional(text('a name'), "Parameter of the query; 'cursor' unless given"),
        next: required(text('a path'), 'Path of the next cursor in the answer'),
      }),
    },
  ],
})

const sources: VariantsShape = {
  kind: 'variants',
  what: 'a source',
  tag: 'type',
  variants: [
    {
      names: ['file'],
      impliedBy: ['path'],
      shape: object('a file source', {
        path: required(names, 'Files, globs or directories'),
        format: optional(format, 'Unless the name tells'),
        options: optional(entries('options of the reader', data), 'As scanCsv and its like take them'),
      }),
    },
    {
      names: ['http'],
      impliedBy: ['url'],
      shape: object('an HTTP source', {
        url: required(text('a URL'), 'Where the records are'),
        method: optional(choice('GET', 'POST'), 'GET unless given'),
        headers: optional(entries('headers', text('a text')), 'Headers of each request'),
        query: optional(entries('parameters', scalar), 'Parameters of each request'),
        body: optional(data, 'Sent as JSON'),
        records: optional(text('a path'), 'Path of the records in the answer, such as data.items'),
        pagination: optional(pagination, 'How to come to the next page'),
        requestsPerSecond: optional(number(0), 'At most'),
        timeout: optional(duration, 'For one request; 30s unless given'),
        retries: optional(retries, 'Of failed requests'),
        schema: optional(schema, 'Columns; inferred from the first records unless given'),
      }),
    },
    {
      names: DATABASES,
      impliedBy: [],
      shape: object(
        'a database source',
        {
          connection: CONNECTION,
          table: optional(text('a table'), 'All of its rows'),
          query: optional(sql, 'The rows of a query'),
          cursor: optional(text('a column'), 'Orders the rows; a resumed run goes on behind its last value'),
          schema: optional(schema, 'Columns; those of the database unless given'),
        },
        [['table', 'query']],
      ),
    },
    {
      names: ['function'],
      impliedBy: ['module'],
      shape: object('a function source', { ...FUNCTION, schema: optional(schema, 'Columns of what it gives') }),
    },
    { names: ['input'], impliedBy: [], shape: object('the input of a nested pipeline', {}) },
  ],
}

export const source = named(
  'source',
  either(
    text('the path of a file, a glob, a directory, or a URL'),
    code('a frame', (value) => value instanceof Frame),
    closure,
    code('an iterable of records', isRecords),
    list(text('a path')),
    sources,
  ),
)

/** Not a list of paths. */
function isRecords(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) return false
  return Symbol.iterator in value || Symbol.asyncIterator in value
}
