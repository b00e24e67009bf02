import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { duckDbRows, inTemporaryDirectory, ORDERS, PROGRAM, volley, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

const BY_COUNTRY = `select country, count(*) as n from '${ORDERS}' group by country order by n desc, country`

describe('volley sql', () => {
  it('prints a table', async () => {
    const { code, stdout } = await volley(['sql', `${BY_COUNTRY} limit 3`])
    expect(code).toBe(0)
    const expected = await duckDbRows(`select country, n::varchar from (${BY_COUNTRY} limit 3)`)
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/^country +n$/)
    expect(lines.slice(2, 5).map((line) => line.split(/ +/))).toEqual(expected)
    expect(lines[5]).toMatch(/^\(3 rows, \d/)
  })

  it('shows values as SQL casts them, and nulls', async () => {
    const { stdout } = await volleyHere([
      'sql',
      `select unit_price, discount, ordered_at, shipped, note from '${ORDERS}' where shipped is null order by order_id limit 1`,
    ])
    const [expected] = await duckDbRows(`select unit_price::varchar, discount::varchar, ordered_at::varchar
      from '${ORDERS}' where shipped is null order by order_id limit 1`)
    const line = stdout.split('\n')[2]
    for (const text of expected) expect(line).toContain(String(text))
    expect(line).toContain('NULL')
  })

  it('tells when it does not show all rows', async () => {
    const { stdout } = await volleyHere(['sql', BY_COUNTRY, '--max-rows', '2'])
    expect(stdout).toContain('(the first 2 rows, ')
  })

  it('prints csv and ndjson', async () => {
    const csv = await volleyHere(['sql', `${BY_COUNTRY} limit 1`, '--format', 'csv'])
    const [[country, n]] = await duckDbRows(`${BY_COUNTRY} limit 1`)
    expect(csv.stdout).toBe(`country,n\n${country},${n}\n`)
    const ndjson = await volleyHere(['sql', `${BY_COUNTRY} limit 1`, '--format', 'ndjson'])
    expect(JSON.parse(ndjson.stdout)).toEqual({ country, n: Number(n) })
  })

  it('adds the rows to the report with --json', async () => {
    const { stdout } = await volleyHere(['sql', `${BY_COUNTRY} limit 2`, '--json'])
    const report = JSON.parse(stdout) as { rowsOut: number; columns: string[]; rows: unknown[] }
    expect(report.rowsOut).toBe(2)
    expect(report.columns).toEqual(['country', 'n'])
    expect(report.rows).toHaveLength(2)
  })

  it('writes a file', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'out.parquet')
      expect((await volleyHere(['sql', BY_COUNTRY, output])).code).toBe(0)
      expect(await duckDbRows(`from '${output}'`)).toEqual(await duckDbRows(BY_COUNTRY))
    })
  })

  it('ends quietly when its reader has gone', async () => {
    const words = [PROGRAM, 'sql', `select * from '${ORDERS}'`, '--format', 'csv']
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.once('data', () => child.stdout.destroy())
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => {
      stderr += text
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('volley explain', () => {
  it('prints the plan and writes nothing', async () => {
    const words = ['explain', ORDERS, 'out.parquet', '--where', 'quantity > 5', '--select', 'order_id, customer']
    const { code, stdout } = await volley(words)
    expect(code).toBe(0)
    expect(stdout).toContain('quantity')
    expect(stdout).not.toContain('ordered_at')
  })

  it('prints it as JSON', async () => {
    const { stdout } = await volleyHere(['explain', ORDERS, '--limit', '3', '--json'])
    expect(typeof JSON.parse(stdout)).toBe('object')
  })
})

describe('volley inspect', () => {
  it('prints schema and row groups', async () => {
    const { code, stdout } = await volley(['inspect', ORDERS])
    expect(code).toBe(0)
    for (const text of ['50,000 rows', 'unit_price', 'DECIMAL(10,2)', 'SNAPPY', 'DICTIONARY']) {
      expect(stdout.toUpperCase()).toContain(text.toUpperCase())
    }
  })

  it('prints all of it as JSON', async () => {
    const { stdout } = await volleyHere(['inspect', ORDERS, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ rows: 50_000 })
  })
})

describe('volley', () => {
  it.each([['--help'], ['transform', '--help']])('prints help: %s %s', async (...words) => {
    const { code, stdout, stderr } = await volleyHere(words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Usage: volley')
  })

  it('prints its version', async () => {
    const { stdout } = await volley(['--version'])
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
