/** `volley run` of dead letters, and with several sets of parameters. */

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MultipleReport, PipelineReport } from '../../index.js'
import { duckDbRows, inTemporaryDirectory, volley, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    await mkdir(directory, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    return use(directory)
  })
}

const PRICES = `id,price\n1,1.50\n2,2 EUR\n3,3.25\n`
const pipeline = (replaced: string) => `
name: prices
extract: { path: prices.csv, options: { types: { price: varchar } } }
transform:
  - add: { price: { expression: "${replaced}" } }
  - convert: { price: "decimal(10,2)" }
load: { path: out, format: parquet, mode: append }
errors: { deadLetters: letters, maxCount: 10 }
`

describe('volley run --reprocess', () => {
  it('takes dead letters, and marks them when their records are through', async () => {
    await withFiles({ 'prices.csv': PRICES, 'pipeline.yaml': pipeline('price') }, async (cwd) => {
      const first = await volleyHere(['run', '.', '--threads', '1'], { cwd })
      expect(first.code).toBe(0)
      expect(first.stdout).toMatch(/1 dead letters → .*letters.prices-.*\.parquet/)
      const [letters] = await readdir(join(cwd, 'letters'))
      await writeFile(join(cwd, 'pipeline.yaml'), pipeline("replace(price, ' EUR', '')"))
      const again = await volleyHere(['run', '.', '--reprocess', 'letters', '--threads', '1', '--json'], { cwd })
      expect(again.code).toBe(0)
      expect((JSON.parse(again.stdout) as PipelineReport).deadLetters).toEqual([])
      expect(await readdir(join(cwd, 'letters'))).toEqual([`${letters}.done`])
      expect(
        await duckDbRows(`select id::int, price::varchar from '${join(cwd, 'out')}/*.parquet' order by id`),
      ).toEqual(await duckDbRows("values (1, '1.50'), (2, '2.00'), (3, '3.25')"))
      const none = await volleyHere(['run', '.', '--reprocess', 'letters'], { cwd })
      expect(none.code).toBe(1)
      expect(none.stderr).toContain('there are no dead letters')
    })
  })

  it('is refused with a checkpoint', async () => {
    const { code, stderr } = await volleyHere(['run', '.', '--reprocess', 'letters', '--checkpoint', 'x'])
    expect(code).toBe(2)
    expect(stderr).toContain('--reprocess keeps no checkpoint')
  })
})

const SETS = `
name: sets
params:
  least: { type: integer }
extract: prices.csv
transform: { filter: "id >= {{ least }}", select: [id] }
load: "from-{{ least }}.csv"
`

describe('volley run --param-sets', () => {
  it.each([
    ['sets.yaml', '- least: 1\n- least: 3\n'],
    ['sets.json', '[{"least": 1}, {"least": 3}]'],
    ['sets.ndjson', '{"least": 1}\n{"least": 3}\n'],
    ['sets.csv', 'least\n1\n3\n'],
  ])('runs once for each set of %s', async (name, text) => {
    await withFiles({ 'prices.csv': PRICES, 'pipeline.yaml': SETS, [name]: text }, async (cwd) => {
      const { code, stdout } = await volleyHere(['run', '.', '--param-sets', name, '--max-concurrent', '2', '--json'], {
        cwd,
      })
      expect(code).toBe(0)
      const report = JSON.parse(stdout) as MultipleReport
      expect(report).toMatchObject({ status: 'done', succeeded: 2, failed: 0 })
      expect(report.runs.map((run) => run.report?.stages.at(-1)?.rowsOut)).toEqual([3, 1])
    })
  })

  it('says which runs failed, and why', async () => {
    const files = { 'prices.csv': PRICES, 'pipeline.yaml': SETS, 'sets.json': '[{"least": "x"}, {"least": 2}]' }
    await withFiles(files, async (cwd) => {
      const { code, stdout, stderr } = await volley(['run', '.', '--param-sets', 'sets.json'], { cwd })
      expect(code).toBe(1)
      expect(stdout).toMatch(/2 runs in .*: 1 done, 1 failed/)
      expect(stdout).toMatch(/1 +least=x +failed/)
      expect(stdout).toMatch(/run 1: .*least/)
      expect(stderr).toContain('run 2 of 2: least=2: done')
    })
  })

  it.each([
    ['sets.json', '{"least": 1}', 'expected a list of mappings'],
    ['sets.json', '[', 'sets.json'],
    ['sets.txt', 'least', 'sets of parameters are read from'],
  ])('refuses %s with %s', async (name, text, message) => {
    await withFiles({ 'pipeline.yaml': SETS, [name]: text }, async (cwd) => {
      const { code, stderr } = await volleyHere(['run', '.', '--param-sets', name], { cwd })
      expect(code).toBe(1)
      expect(stderr).toContain(message)
    })
  })
})
