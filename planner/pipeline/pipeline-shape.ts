/** The shape of a pipeline: of its YAML, of its builder's calls, and of the published JSON Schema. */

import { errors, retries } from './pipeline-shape/failures.js'
import { placement } from './pipeline-shape/placement.js'
import { source } from './pipeline-shape/source.js'
import { target } from './pipeline-shape/target.js'
import { transform } from './pipeline-shape/transform.js'
import { boolean, data, duration, id, names, scalar, size, sql } from './pipeline-shape/values.js'
import {
  choice,
  code,
  either,
  entries,
  type FieldShape,
  list,
  type ObjectShape,
  object,
  optional,
  required,
  text,
  type VariantsShape,
  whole,
} from './shape/shape.js'

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

/** A definition, whose stages have inputs, or a builder. */
function isBuilt(value: object): boolean {
  if ('build' in value) return true
  return 'stages' in value && Array.isArray(value.stages) && value.stages.every((one: object) => 'inputs' in one)
}
