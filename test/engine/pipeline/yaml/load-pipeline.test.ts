/** Pipelines read from files. */

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type LoadedPipeline, loadPipeline } from '../../../../engine/pipeline/yaml/load-pipeline.js'
import { VolleyError } from '../../../../planner/errors.js'
import { inTemporaryDirectory } from '../../../support/cli.js'
import { describe, expect, it } from '../../../support/jest.js'

type Files = Readonly<Record<string, string>>

async function loaded(files: Files, path: string, params = {}): Promise<LoadedPipeline & { directory: string }> {
  return inTemporaryDirectory(async (directory) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true })
      await writeFile(join(directory, name), text)
    }
    return { ...loadPipeline(join(directory, path), params), directory }
  })
}

/** `line:column message` of each problem. */
async function problems(files: Files, path = 'pipeline.yaml', params = {}): Promise<readonly string[]> {
  const error: unknown = await loaded(files, path, params).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(VolleyError)
  const { code, details } = error as VolleyError
  expect(code).toBe('VOLLEY_INVALID_PIPELINE')
  const found = details.problems as readonly { line: number; column: number; message: string }[]
  return found.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

describe('files', () => {
  it('a chain becomes stages', async () => {
    const text =
      'extract: a.csv\ntables: { c: c.csv }\ntransform: { filter: a > 1 }\nload: [b.csv, { path: c.csv, mode: replace }]\n'
    const { definition, directory } = await loaded({ 'jobs/daily.yaml': text }, 'jobs/daily.yaml')
    expect([definition.name, definition.mode, definition.directory]).toEqual(['daily', 'full', join(directory, 'jobs')])
    expect(definition.stages.map(({ id, kind, inputs }) => [id, kind, inputs.map(({ stage }) => stage)])).toEqual([
      ['extract', 'producer', []],
      ['table-c', 'producer', []],
      ['transform', 'processor', ['extract']],
      ['load-1', 'consumer', ['transform']],
      ['load-2', 'consumer', ['transform']],
    ])
    expect(definition.stages[0]).toMatchObject({ source: { paths: [join(directory, 'jobs', 'a.csv')], format: 'csv' } })
  })

  it('a directory of parts is one pipeline', async () => {
    const files = {
      'sales/extract.yaml': 'type: http\nurl: https://example.com/items\n',
      'sales/transform.yaml': 'params: { least: 5 }\ntransform: { filter: "total > {{ least }}" }\n',
      'sales/load.yaml': 'out.parquet\n',
    }
    const { definition, params } = await loaded(files, 'sales', { least: '7' })
    expect([definition.name, params]).toEqual(['sales', { least: 7 }])
    expect(definition.stages[1]).toMatchObject({ transforms: [{ kind: 'filter', condition: 'total > 7' }] })
    expect(await problems({ ...files, 'sales/transform.yaml': '\nfiltr: x\n' }, 'sales')).toEqual([
      "2:1 a transform has no 'filtr'; did you mean 'filter'?",
    ])
  })

  it('a pipeline names another', async () => {
    const files = {
      'pipeline.yaml':
        'stages:\n- { id: a, source: a.csv }\n- { id: n, from: a, pipeline: inner/clean.yaml, params: { least: 3 } }\n- { id: o, from: n, target: o.csv }\n',
      'inner/clean.yaml':
        'params: { least: 1 }\nstages:\n- { id: in, source: { type: input } }\n- { id: f, from: in, transform: { filter: "x > {{ least }}" } }\n',
    }
    const { definition, locate } = await loaded(files, 'pipeline.yaml')
    expect(locate('n/f', 'filter')).toMatchObject({ line: 3, column: 3 })
    expect(definition.stages[1]).toMatchObject({ kind: 'pipeline', entry: 'in', exit: 'f' })
    expect(JSON.stringify(definition.stages[1])).toContain('x > 3')
    const own = { 'pipeline.yaml': 'stages:\n- { id: n, pipeline: pipeline.yaml }\n' }
    await expect(loaded(own, 'pipeline.yaml')).rejects.toThrow(/contains itself/)
  })

  it('says what a directory lacks', async () => {
    await expect(loaded({ 'a/x.txt': '' }, 'a')).rejects.toMatchObject({ code: 'VOLLEY_FILE_NOT_FOUND' })
  })
})

describe('what is wrong', () => {
  it('is said all at once, with its places', async () => {
    const text = [
      'name: bad',
      'extrct: x.parquet',
      'mode: ful',
      'batchSize: -3',
      'extract:',
      '  type: http',
      '  uri: http://x',
      'transform:',
      '- convert: { a: int65 }',
      '- filtr: x > 1',
      'load: { path: x.parquet, mode: upsrt }',
    ].join('\n')
    expect(await problems({ 'pipeline.yaml': text })).toEqual([
      "2:1 a pipeline has no 'extrct'; did you mean 'extract'?",
      `3:7 mode: expected 'full' or 'streaming' or 'hybrid', got "ful"; did you mean 'full'?`,
      '4:12 batchSize: expected a whole number from 1, got -3',
      "6:3 an HTTP source lacks 'url'",
      "7:3 an HTTP source has no 'uri'; did you mean 'url'?",
      '9:17 there is no type named "int65"',
      "10:3 a transform has no 'filtr'; did you mean 'filter'?",
      `11:32 load.mode: expected 'append' or 'replace' or 'upsert' or 'fail', got "upsrt"; did you mean 'upsert'?`,
    ])
  })

  it.each([
    [
      'stages: [{ id: a, source: a.csv }, { id: o, from: b, target: o.csv }]',
      ["1:51 there is no stage 'b'; did you mean 'a'?"],
    ],
    ['stages: [{ id: a, source: a.csv }, { id: o, from: a.x, target: o.csv }]', ["1:51 stage 'a' has no port 'x'"]],
    [
      'stages: [{ id: a, source: a.csv }, { id: a, target: o.csv }]',
      ["1:36 stage 'a' reads nothing", "1:42 two stages are called 'a'"],
    ],
    ['extract: a.csv\nload: { path: b.csv, mode: upsert }', ["2:7 mode 'upsert' needs the columns of the key"]],
    ['extract: a.csv\nload: b.txt', ['2:7 cannot tell the format of b.txt by its name']],
    ['extract: a.csv', ["1:1 a pipeline lacks 'load'"]],
    ['extract: {{ file }}\nload: b.csv', ["1:11 '{{' starts a mapping in YAML: put the text in quotes"]],
    [
      'stages: [{ id: a, source: a.csv }, { id: b, transfrm: { filter: x } }]',
      ["1:45 a stage has no 'transfrm'; did you mean 'transform'?"],
    ],
    [
      'extract: [a\nload: b',
      ['2:1 YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
  ])('in %j', async (text, expected) => {
    expect(await problems({ 'pipeline.yaml': text })).toEqual(expected)
  })

  it.each(['filter: a > 1\n   add: { b: c }', "add:\n    t: x = 'y: z'"])(
    'once, where a value has a colon: %j',
    async (steps) => {
      const text = `extract: a.csv\ntransform:\n  ${steps}\nload: b.csv`
      expect(await problems({ 'pipeline.yaml': text })).toEqual([
        expect.stringMatching(/^[34]:\d+ YAML: there is a ':' within the value: indent the next line like this one/),
      ])
    },
  )
})

describe('parameters', () => {
  const text = [
    'params:',
    '  day: { type: date }',
    '  least: { type: integer, default: 5 }',
    '  names: { type: list, default: [a, b] }',
    '  dry: false',
    'batchSize: "{{ least }}"',
    'extract: "in-{{ day }}.csv"',
    'transform:',
    "  filter: d = {{ day | sql }} and n in {{ names | sql }} and x > {{ params.least }} and '{{ dry }}' <> ''",
    'load: "{{ env.VOLLEY_TEST_NOWHERE:-out.csv }}"',
  ].join('\n')

  it('stand in texts, and for values of their types', async () => {
    const { definition, params } = await loaded({ 'p.yaml': text }, 'p.yaml', { day: '2024-02-29', names: "x, o'y" })
    expect(params).toEqual({ day: '2024-02-29', least: 5, names: ['x', "o'y"], dry: false })
    expect(definition.batchSize).toBe(5)
    const [source, step] = definition.stages
    expect(JSON.stringify(source)).toContain('in-2024-02-29.csv')
    expect(step).toMatchObject({
      transforms: [{ condition: "d = DATE '2024-02-29' and n in ('x', 'o''y') and x > 5 and 'false' <> ''" }],
    })
  })

  it('are no code and are not looked at again', async () => {
    const files = {
      'p.yaml': 'params: { x: a }\nextract: a.csv\ntransform: { add: { a: { value: "{{ x }}" } } }\nload: b.csv\n',
    }
    const value = "{{ env.PATH }}\nload: 'c.csv'"
    const { definition } = await loaded(files, 'p.yaml', { x: value })
    expect(definition.stages[1]).toMatchObject({ transforms: [{ columns: { a: { kind: 'value', value } } }] })
  })

  it.each([
    [{}, ["2:3 parameter 'day' needs a value"]],
    [{ day: '2024-02-30' }, ['2:3 parameter \'day\': "2024-02-30" is no date']],
    [{ day: '2024-02-29', lest: 1 }, ["1:1 there is no parameter 'lest'; did you mean 'least'?"]],
    [{ day: '2024-02-29', least: 'x' }, ['3:3 parameter \'least\': "x" is no integer']],
  ])('%j are refused', async (params, expected) => {
    expect(await problems({ 'pipeline.yaml': text }, 'pipeline.yaml', params)).toEqual(expect.arrayContaining(expected))
  })

  it('names what is not there', async () => {
    const files = { 'pipeline.yaml': 'extract: "{{ file }}"\nload: "{{ env.VOLLEY_TEST_NOWHERE }}"\n' }
    expect(await problems(files)).toEqual([
      "1:10 there is no parameter 'file'",
      '2:7 the environment has no variable VOLLEY_TEST_NOWHERE',
    ])
  })
})
