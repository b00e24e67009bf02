/** `volley run`, `volley plan` and `volley validate`. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PipelineReport, StageProgress } from '../../index.js'
import { duckDbRows, inTemporaryDirectory, ORDERS, volley, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

const PIPELINE = `
name: big-orders
params:
  country: { type: string, default: DE }
extract: ${JSON.stringify(ORDERS)}
transform:
  filter: country = {{ country | sql }} and quantity > 5
  add: { total: quantity * unit_price }
  select: [order_id, total]
load: out/big.parquet
`

async function withPipeline<T>(use: (directory: string) => Promise<T>, text = PIPELINE): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'pipeline.yaml'), text)
    return use(directory)
  })
}

describe('volley run', () => {
  it('runs a pipeline, reports, and refuses what is there', async () => {
    await withPipeline(async (cwd) => {
      const words = ['run', 'pipeline.yaml', '--param', 'country=PL', '--threads', '1']
      const { code, stdout, stderr } = await volley([...words, '--json'], { cwd })
      expect([code, stderr]).toEqual([0, ''])
      const report = JSON.parse(stdout) as PipelineReport
      const query = `from '${ORDERS}' where country = 'PL' and quantity > 5`
      const [[rows]] = await duckDbRows(`select count(*) ${query}`)
      expect(report.stages.map(({ id, status, rowsOut }) => [id, status, rowsOut])).toEqual([
        ['extract', 'done', expect.any(Number)],
        ['transform', 'done', Number(rows)],
        ['load', 'done', Number(rows)],
      ])
      expect(report).toMatchObject({
        name: 'big-orders',
        mode: 'full',
        params: { country: 'PL' },
        outputs: [join(cwd, 'out/big.parquet')],
      })
      const written = await duckDbRows(`from '${join(cwd, 'out/big.parquet')}' order by order_id`)
      expect(written).toEqual(await duckDbRows(`select order_id, quantity * unit_price ${query} order by order_id`))
      const again = await volleyHere(words, { cwd })
      expect(again.code).toBe(1)
      expect(again.stderr).toMatch(
        /^pipeline\.yaml:10:7: error: stage load: .*exists already.*mode: replace.* \[VOLLEY_OUTPUT_EXISTS\]/,
      )
    })
  })

  it('says where the stage stands that failed', async () => {
    await withPipeline(
      async (cwd) => {
        const { code, stderr } = await volleyHere(['run', 'pipeline.yaml', '--threads', '1'], { cwd })
        expect(code).toBe(1)
        expect(stderr).toMatch(
          /^pipeline\.yaml:8:8: error: stage 'transform', step 1 \(add\): there is no column named quantty/,
        )
      },
      PIPELINE.replace('total: quantity', 'total: quantty'),
    )
  })

  it('shows its stages to people', async () => {
    await withPipeline(async (cwd) => {
      const { code, stdout } = await volleyHere(['run', '.', '--threads', '1'], { cwd })
      expect(code).toBe(0)
      expect(stdout).toMatch(/^big-orders: done in .*, mode full\n/)
      expect(stdout).toMatch(/load +consumer +done/)
    })
  })

  it('tells its progress in lines of JSON, and nothing else with --json', async () => {
    await withPipeline(async (cwd) => {
      const words = ['run', '.', '--threads', '1', '--mode', 'streaming', '--progress=json', '--json']
      const { code, stdout, stderr } = await volleyHere(words, { cwd })
      expect(code).toBe(0)
      const { stages } = JSON.parse(stdout) as PipelineReport
      const events = stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as StageProgress & { readonly event: string })
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['stage', 'phase']))
      const last = events.filter(({ event, isDone }) => event === 'stage' && isDone)
      expect(last.map(({ stage, rowsOut }) => [stage, rowsOut])).toEqual(
        expect.arrayContaining(stages.map(({ id, rowsOut }) => [id, rowsOut])),
      )
    })
  })

  it('says where a pipeline is wrong, as compilers do', async () => {
    await withPipeline(async (cwd) => {
      const { code, stderr, stdout } = await volleyHere(['run', 'pipeline.yaml'], { cwd })
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toBe(
        "pipeline.yaml:2:1: error: a pipeline has no 'extrat'; did you mean 'extract'?\npipeline.yaml:2:1: error: a pipeline lacks 'stages' or 'extract'\n2 problems\n",
      )
    }, '\nextrat: a.csv\n')
  })

  it.each([
    [['run'], 'takes one pipeline, got 0'],
    [['run', 'a', '--param', 'x'], '--param takes K=V, not "x"'],
    [['run', 'a', '--resume'], '--resume needs the job to go on with: --checkpoint ID'],
    [['run', 'a', '--checkpoint-every', '5'], '--checkpoint-every needs the name of the job: --checkpoint ID'],
    [
      ['run', 'a', '--checkpoint', 'x', '--checkpoint-every', '0s'],
      'a number of batches or a time such as 500ms or 30s',
    ],
    [['run', 'a', '--mode', 'fast'], '--mode takes one of full, streaming, hybrid, not "fast"'],
    [['run', 'a', '--progress=x'], '--progress may be set to json, not "x"'],
    [['plan', 'a', '--order', 'x'], '--order takes one of batch, streaming, not "x"'],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await volleyHere(words)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe('volley plan', () => {
  it.each([
    [[], /^batch order, sources first: 3 stages in 3 generations/],
    [['--order', 'streaming'], /^streaming order[\s\S]*load[\s\S]*transform[\s\S]*extract/],
    [['--format', 'mermaid'], /^flowchart LR/],
    [['--format', 'dot'], /^digraph/],
    [['--json'], /^\{\s*"version": 1/],
  ])('%j', async (options, expected) => {
    await withPipeline(async (cwd) => {
      const { code, stdout } = await volleyHere(['plan', 'pipeline.yaml', ...options], { cwd })
      expect(code).toBe(0)
      expect(stdout).toMatch(expected)
    })
  })
})

describe('what functions print', () => {
  it('does not get between the lines of --json', async () => {
    await withPipeline(async (cwd) => {
      const print = `console.log('loaded'); export const print = (row) => { console.log('seen', row.n); return row }`
      await writeFile(join(cwd, 'print.mjs'), print)
      await writeFile(join(cwd, 'rows.csv'), 'n\n1\n')
      const { code, stdout, stderr } = await volley(['run', 'pipeline.yaml', '--json'], { cwd })
      expect([code, JSON.parse(stdout).status]).toEqual([0, 'done'])
      for (const said of ['loaded\n', 'seen 1n\n']) expect(stderr).toContain(said)
    }, 'extract: rows.csv\ntransform: { function: { module: print.mjs, function: print } }\nload: out.csv\n')
  })
})

describe('volley validate', () => {
  it('finds nothing wrong, and writes nothing', async () => {
    await withPipeline(async (cwd) => {
      const { code, stdout, stderr } = await volley(['validate', 'pipeline.yaml'], { cwd })
      expect([code, stdout, stderr]).toEqual([0, 'pipeline.yaml is valid: 3 stages\n', ''])
      await expect(readFile(join(cwd, 'out/big.parquet'))).rejects.toThrow('ENOENT')
    })
  })

  it('finds expressions that do not fit the columns, with their places', async () => {
    await withPipeline(
      async (cwd) => {
        const { code, stdout, stderr } = await volleyHere(['validate', 'pipeline.yaml', '--json'], { cwd })
        expect(code).toBe(1)
        expect(stderr).toMatch(
          /^pipeline\.yaml:8:8: error: stage 'transform', step 1 \(add\): there is no column named quantty/,
        )
        expect(JSON.parse(stdout)).toMatchObject({
          isValid: false,
          problems: [{ stage: 'transform', code: 'VOLLEY_UNKNOWN_COLUMN' }],
        })
      },
      PIPELINE.replace('total: quantity', 'total: quantty'),
    )
  })
})
