/** Reads the JSON documents that the benchmark writes. */

import { readFile } from 'node:fs/promises'
import { VolleyError } from '../../planner/errors.js'
import {
  type CaseResults,
  type Done,
  type Machine,
  type MemoryCourse,
  type Missed,
  type Outcome,
  RESULTS_FORMAT,
  type Results,
  type Settings,
  type SuiteResults,
  type Unit,
} from '../results.js'
import {
  dictionary,
  either,
  fields,
  list,
  number,
  oneOf,
  orNull,
  type Shape,
  ShapeFault,
  text,
  yesOrNo,
} from './shape.js'

const UNITS: Readonly<Record<Unit, true>> = {
  ms: true,
  µs: true,
  bytes: true,
  'rows/s': true,
  ratio: true,
  rows: true,
  batches: true,
  blocks: true,
  calls: true,
  'row groups': true,
  tasks: true,
}

const memory: Shape<MemoryCourse> = fields({
  limitBytes: orNull(number(0)),
  samples: list(fields({ milliseconds: number(0), residentBytes: number(0) })),
  switches: list(fields({ milliseconds: number(0), strategy: text, reason: text })),
})

const done: Shape<Done> = fields<Done>({
  engine: text,
  status: oneOf('done'),
  milliseconds: list(number(0), 1),
  peakBytes: orNull(number(0)),
  cpuMilliseconds: orNull(number(0)),
  figures: list(fields({ name: text, value: number(), unit: oneOf(...(Object.keys(UNITS) as Unit[])) })),
  memory: orNull(memory),
})

const missed: Shape<Missed> = fields<Missed>({ engine: text, status: oneOf('absent', 'failed'), reason: text })

const oneCase: Shape<CaseResults> = fields<CaseResults>({
  name: text,
  title: text,
  size: text,
  rows: orNull(number(0)),
  axis: orNull(fields({ name: oneOf('rows', 'threads'), value: number(0) })),
  reference: orNull(text),
  outcomes: list(either<Outcome>('status', { done, absent: missed, failed: missed })),
  remarks: list(text),
})

const suite: Shape<SuiteResults> = fields<SuiteResults>({
  name: text,
  title: text,
  conditions: list(text),
  cases: list(oneCase),
})

const results: Shape<Results> = fields<Results>({
  format: oneOf(RESULTS_FORMAT),
  startedAt: text,
  machine: fields<Machine>({ processor: text, cores: number(1), memoryBytes: number(0), platform: text }),
  versions: dictionary(text),
  commit: orNull(text),
  settings: fields<Settings>({ quick: yesOrNo, threads: number(1), runs: number(1), memoryLimitBytes: number(0) }),
  suites: list(suite),
})

/**
 * The document at `path`. Throws `VolleyError`: VOLLEY_FILE_NOT_FOUND, VOLLEY_IO, VOLLEY_PARSE if it is not JSON, or
 * VOLLEY_SCHEMA_MISMATCH if it is not a document of this format, with the field in `details.column`.
 */
export async function readResults(path: string): Promise<Results> {
  return parseResults(await contentOf(path), path)
}

/** `path` is what errors name. */
export function parseResults(content: string, path: string): Results {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw new VolleyError('VOLLEY_PARSE', `${path} is not JSON: ${messageOf(error)}`, { path }, error)
  }
  try {
    return results(value, '')
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error
    const { field, expected, actual } = error
    const place = field === '' ? 'the document' : field
    throw new VolleyError(
      'VOLLEY_SCHEMA_MISMATCH',
      `${path} is not a document of benchmark results, format ${RESULTS_FORMAT}: ${place} must be ${expected}, and is ${actual}`,
      { path, column: field, expected, actual },
    )
  }
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw missing
      ? new VolleyError('VOLLEY_FILE_NOT_FOUND', `there is no file ${path}`, { path }, error)
      : new VolleyError('VOLLEY_IO', `${path} cannot be read: ${messageOf(error)}`, { path }, error)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
