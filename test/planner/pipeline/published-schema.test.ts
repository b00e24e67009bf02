/** Keeps docs/pipeline.schema.json equal to the shape that pipelines are checked with. UPDATE_DOCS=1 rewrites it. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { PIPELINE } from '../../../planner/pipeline/pipeline-shape.js'
import { pipelineSchema } from '../../../planner/pipeline/published-schema.js'
import { problemsOf } from '../../../planner/pipeline/shape/check.js'
import { describe, expect, it } from '../../support/jest.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const FILE = `${ROOT}docs/pipeline.schema.json`

const published = `${JSON.stringify(pipelineSchema(), null, 2)}\n`
const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(pipelineSchema())

const GOOD: Readonly<Record<string, unknown>> = {
  'a chain': { extract: 'a.parquet', load: 'b.parquet' },
  'several files': { extract: ['a.csv', 'b.csv'], load: { path: 'b', mode: 'append' } },
  'every kind of source': {
    stages: [
      { id: 'a', source: { path: 'x/*.csv', options: { delimiter: ';' } } },
      { id: 'b', source: { type: 'http', url: 'https://x', pagination: { type: 'offset', size: 10 }, timeout: '5s' } },
      { id: 'c', source: { type: 'sqlite', connection: 'x.db', query: 'select 1' } },
      { id: 'd', source: { module: './x.mjs', schema: { a: 'int64' } } },
      { id: 'e', source: { type: 'input' } },
      { id: 'p', kind: 'accumulator', from: ['a', 'b.x'], rows: 10, every: '1s', totalBytes: '1MB' },
      { id: 'o', from: 'p', target: { type: 'postgresql', connection: 'x', table: 't', mode: 'upsert', key: 'id' } },
      { id: 'n', from: 'p', pipeline: 'other.yaml', params: { a: 1 } },
      { id: 'm', from: 'p', pipeline: { extract: { type: 'input' }, load: 'x.csv' } },
    ],
  },
  'every transform': {
    extract: 'a.csv',
    transform: [
      {
        rename: { a: 'b' },
        convert: { a: 'decimal(10,2)' },
        defaults: { a: null, b: 1 },
        add: { a: 'b + 1', c: 2, d: { value: 'text' } },
        filter: ['a > 1', 'b > 1'],
        select: 'a',
        drop: ['b'],
        deduplicate: true,
        sort: ['a desc', { column: 'b', nulls: 'first' }],
        sql: 'select * from input',
        jsonata: { expression: '$', mode: 'batch', schema: { a: 'int64' } },
        function: [{ module: './a.mjs' }],
      },
    ],
    load: 'b.csv',
  },
  'settings and substitutions': {
    name: 'x',
    params: { day: { type: 'date', required: true }, n: 3 },
    mode: '{{ mode }}',
    batchSize: '{{ n }}',
    maxMemory: '512MB',
    placement: { kind: 'process', maxProcesses: 2, timeout: '30s', memoryLimit: '512MB' },
    errors: { deadLetters: 'dead', maxCount: 10 },
    retries: 3,
    extract: '{{ env.INPUT }}',
    load: ['a.csv', { path: 'b.csv' }],
  },
}

const BAD: Readonly<Record<string, unknown>> = {
  nothing: {},
  both: { extract: 'a.csv', stages: [] },
  'a key that is not known': { extract: 'a.csv', load: 'b.csv', extra: 1 },
  'a wrong mode': { extract: 'a.csv', load: 'b.csv', mode: 'fast' },
  'a negative size': { extract: 'a.csv', load: 'b.csv', batchSize: -1 },
  'a source without its url': { extract: { type: 'http' }, load: 'b.csv' },
  'a stage without an id': { stages: [{ source: 'a.csv' }] },
  'a step that is not known': { extract: 'a.csv', transform: { filtr: 'x' }, load: 'b.csv' },
  'table and query': { extract: { type: 'duckdb', connection: 'x', table: 't', query: 'q' }, load: 'b.csv' },
}

it('docs/pipeline.schema.json is the shape of pipelines', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, published)
  expect(readFileSync(FILE, 'utf8')).toBe(published)
})

describe('the schema and the checks agree', () => {
  it.each(Object.entries(GOOD))('on %s', (_, pipeline) => {
    expect([validate(pipeline), validate.errors]).toEqual([true, null])
  })

  it.each(Object.entries(BAD))('on what is wrong with %s', (_, pipeline) => {
    expect(validate(pipeline)).toBe(false)
    expect(problemsOf(PIPELINE, pipeline)).not.toEqual([])
  })

  it('on all that needs no substitution', () => {
    for (const [name, pipeline] of Object.entries(GOOD)) {
      if (name !== 'settings and substitutions') expect(problemsOf(PIPELINE, pipeline)).toEqual([])
    }
  })
})

const examples = `${ROOT}docs/examples`
const files = existsSync(examples)
  ? readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) => /pipeline\.ya?ml$/.test(name))
  : []

it('the examples are of it', () => {
  for (const name of files) {
    const pipeline: unknown = parse(readFileSync(`${examples}/${name}`, 'utf8'), { merge: true })
    expect([name, validate(pipeline), validate.errors]).toEqual([name, true, null])
  }
})
