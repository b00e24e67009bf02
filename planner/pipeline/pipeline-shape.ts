/** The shape of a pipeline: of its YAML, of its builder's calls, and of the published JSON Schema. */

import { Frame } from '../frame.js'
import { parseBytes, parseDuration } from '../quantities.js'
import { parseTypeName } from '../type-names.js'
import {
  choice,
  code,
  either,
  entries,
  type FieldShape,
  list,
  named,
  number,
  type ObjectShape,
  object,
  optional,
  required,
  type Shape,
  text,
  type VariantsShape,
  whole,
} from './shape/shape.js'
import { parseTemplate } from './transforms/template.js'

const ID = /^[A-Za-z0-9_-]+$/

const id = text("an id of letters, digits, '_' and '-'", (given) =>
  ID.test(given) ? null : `${JSON.stringify(given)} is no id: letters, digits, '_' and '-'`,
)
const names = either(text('a name'), list(text('a name')))
const typeName = text('a type such as int64, varchar, date or decimal(10,2)', (given) => {
  try {
    parseTypeName(given)
    return null
  } catch (error) {
    return (error as Error).message
  }
})
const schema = named('schema', entries('types by column: { id: int64, name: varchar }', typeName))
const bytes = text("a size such as '512MB'", (given) =>
  parseBytes(given) > 0 ? null : `${JSON.stringify(given)} is no size: bytes, or text such as '512MB'`,
)
const size = either(whole(1), bytes)
const duration = either(
  number(0),
  text("a duration such as '30s'", (given) =>
    parseDuration(given) >= 0
      ? null
      : `${JSON.stringify(given)} is no duration: milliseconds, or text such as '500ms', '30s' or '5min'`,
  ),
)
const sql = text('SQL')
const boolean: Shape = { kind: 'boolean' }
const scalar: Shape = { kind: 'scalar' }
const data: Shape = { kind: 'data' }
const closure = code('a function', (value) => typeof value === 'function')

const retries = named(
  'retries',
  either(
    whole(0),
    object('retries', {
      count: required(whole(0), 'How often work is done again at most'),
      backoffMs: optional(number(0), 'Milliseconds before the first repetition'),
      factor: optional(number(1), 'By which the wait grows'),
      jitter: optional(number(0, 1), 'The share of the wait that is left to chance'),
    }),
  ),
)

const errors = named(
  'errors',
  object('errors', {
    deadLetters: optional(text('a path'), 'Directory or Parquet file for records that could not be processed'),
    maxRate: optional(number(0, 1), 'The share of failed records that ends the run, from the hundredth record on'),
    maxCount: optional(whole(0), 'Failed records beyond which the run ends'),
    maxConsecutive: optional(whole(1), 'Failed records in a row at which the run ends'),
  }),
)

const PLACEMENTS: Readonly<Record<string, Readonly<Record<string, FieldShape>>>> = {
  inline: {},
  threads: { maxThreads: optional(whole(1), 'Batches at once at most') },
  snapshot: {
    maxThreads: optional(whole(1), 'Workers at once at most'),
    accumulateMax: optional(whole(1), 'Batches that one worker gets'),
  },
  process: {
    maxProcesses: optional(whole(1), 'Child processes'),
    retries: optional(whole(0), 'How often a batch is done again whose process ended'),
    timeout: optional(duration, 'For one batch'),
    memoryLimit: optional(size, 'Of one process, which is replaced when it takes more'),
  },
  actor: {
    actors: optional(whole(1), 'Threads with state'),
    key: optional(names, 'Columns: batches of the same key go to the same actor'),
  },
}

const placement = named(
  'placement',
  either(choice(...Object.keys(PLACEMENTS)), {
    kind: 'variants',
    what: 'a placement',
    tag: 'kind',
    variants: Object.entries(PLACEMENTS).map(([name, fields]) => ({
      names: [name],
      impliedBy: [],
      shape: object(`a placement '${name}'`, fields),
    })),
  }),
)

const format = choice('parquet', 'arrow', 'csv', 'ndjson')
const FUNCTION = {
  module: required(text('a module'), 'Path of an ES module (relative ones start at the pipeline), or a package'),
  function: optional(text('the name of an export'), "Export of the module; 'default' unless given"),
  mode: optional(choice('record', 'batch'), 'Whether it takes objects, or RecordBatches'),
  kwargs: optional(entries('arguments by name', data), 'Its second argument'),
}
const CONNECTION = required(text('a connection'), 'A database file, or a connection string of PostgreSQL')
const DATABASES = ['duckdb', 'sqlite', 'postgresql']

const pagination = either(choice('none', 'link'), {
  kind: 'variants',
  what: 'a pagination',
  tag: 'type',
  variants: [
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

const source = named(
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

const loadMode = choice('append', 'replace', 'upsert', 'fail')
const LOAD = {
  mode: optional(
    loadMode,
    "What becomes of rows that are there: 'fail' for files and 'append' for tables unless given",
  ),
  key: optional(names, "Key columns of mode 'upsert'"),
}

const target = named(
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
  object('a sort key', {
    column: required(text('a column'), 'A column, or SQL'),
    descending: optional(boolean, 'Largest first'),
    nulls: optional(choice('first', 'last'), 'Where nulls go; last unless given'),
  }),
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
const transform = named('transform', either(named('step', step), list(either(named('step', step), frames)), frames))

const STAGE: Readonly<Record<string, FieldShape>> = {
  id: required(id, 'Name of the stage'),
  placement: optional(placement, 'Where it runs'),
  errors: optional(errors, 'When failed records end the run'),
  retries: optional(retries, 'Of work that failed for a passing reason'),
  queue: optional(whole(1), 'Batches that may wait before it'),
}
const READING: Readonly<Record<string, FieldShape>> = {
  ...STAGE,
  from: optional(either(text("a stage, or 'stage.port'"), list(text("a stage, or 'stage.port'"))), 'What it reads'),
  tables: optional(entries('stages by name', text('a stage')), 'What it reads whole, by the name in queries'),
}

const stage: VariantsShape = {
  kind: 'variants',
  what: 'a stage',
  tag: 'kind',
  variants: [
    {
      names: ['producer'],
      impliedBy: ['source'],
      shape: object('a producer', { ...STAGE, source: required(source, 'Where its rows come from') }),
    },
    {
      names: ['consumer'],
      impliedBy: ['target'],
      shape: object('a consumer', { ...READING, target: required(target, 'Where its rows go') }),
    },
    {
      names: ['pipeline'],
      impliedBy: ['pipeline'],
      shape: object('a nested pipeline', {
        ...READING,
        pipeline: required(
          either(
            text('the path of a pipeline'),
            code('a pipeline of code', (value) => typeof value === 'object' && value !== null && isBuilt(value)),
            { kind: 'reference', name: 'pipeline', shape: () => PIPELINE },
          ),
          'The pipeline, or its file',
        ),
        params: optional(entries('parameters by name', data), 'Parameters of the nested pipeline'),
        entry: optional(text('a stage'), 'Stage inside that takes the inputs; its producer of type input unless given'),
        exit: optional(text('a stage'), 'Stage inside whose rows are the output'),
      }),
    },
    {
      names: ['accumulator'],
      impliedBy: [],
      shape: object('an accumulator', {
        ...READING,
        key: optional(names, 'Columns: rows of different keys are never in one batch'),
        rows: optional(whole(1), 'Rows of a key that are passed on'),
        bytes: optional(size, 'Bytes of a key that are passed on'),
        every: optional(duration, 'Time after which the rows of a key are passed on'),
        totalRows: optional(whole(1), 'Rows of all keys together'),
        totalBytes: optional(size, 'Bytes of all keys together'),
      }),
    },
    {
      names: ['processor'],
      impliedBy: ['transform', 'routes'],
      shape: object('a processor', {
        ...READING,
        transform: optional(transform, 'What it does'),
        routes: optional(entries('conditions by port', sql), 'Rows leave by the first port whose condition is true'),
      }),
    },
  ],
}

const parameter = either(
  object('a parameter', {
    type: optional(choice('string', 'integer', 'number', 'boolean', 'date', 'list'), 'string unless given'),
    default: optional(data, 'Its value unless one is given'),
    required: optional(boolean, 'Refuses to run without; true where there is no default'),
    description: optional(text('a text'), 'For people'),
    choices: optional(list(scalar), 'The only values that are taken'),
  }),
  scalar,
)

/** Fields of every pipeline. `extract.yaml` and its like have parts of it. */
export const PIPELINE: ObjectShape = object(
  'a pipeline',
  {
    name: optional(text('a name'), 'Names the pipeline in reports'),
    description: optional(text('a text'), 'For people'),
    params: optional(
      entries('parameters by name', parameter),
      'Values of {{ name }}: a default, or a description of it',
    ),
    mode: optional(choice('full', 'streaming', 'hybrid'), "How stages follow each other; 'full' unless given"),
    batchSize: optional(whole(1), 'Rows of a batch between stages'),
    maxMemory: optional(size, 'For waiting batches and shared inputs'),
    maxWorkers: optional(whole(1), 'Stages of a generation that run at once'),
    onFailure: optional(choice('fail-fast', 'continue'), 'What becomes of stages that do not depend on a failed one'),
    placement: optional(placement, 'Where stages run'),
    errors: optional(errors, 'When failed records end the run'),
    retries: optional(retries, 'Of work that failed for a passing reason'),
    directory: optional(
      code('a directory', (value) => typeof value === 'string'),
      'Where relative paths start',
    ),
    stages: optional(list(stage), 'A graph of stages'),
    extract: optional(source, 'Where the rows come from'),
    tables: optional(entries('sources by name', source), 'Other inputs, read whole, by their name in queries'),
    transform: optional(transform, 'What is done with the rows'),
    load: optional(either(target, list(target)), 'Where the rows go'),
  },
  [['stages', 'extract']],
)

function templateFault(template: string): string | null {
  try {
    parseTemplate(template)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Not a list of paths. */
function isRecords(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) return false
  return Symbol.iterator in value || Symbol.asyncIterator in value
}

/** A definition, whose stages have inputs, or a builder. */
function isBuilt(value: object): boolean {
  if ('build' in value) return true
  return 'stages' in value && Array.isArray(value.stages) && value.stages.every((one: object) => 'inputs' in one)
}
