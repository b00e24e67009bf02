import { readdirSync, readFileSync } from 'node:fs'
import { articles, events, invoices, payments, visits } from '../../data-fixtures/large-table-queries.js'
import { largeTableFiles, partsOf } from '../../data-fixtures/large-tables.js'
import { fileList } from '../../native-bench/sql-text.js'
import { duckDbRows } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const directory = temporaryDirectory()
const BYTES = 2e6
const TABLES = [events, invoices, payments, articles, visits]

const from = async (table: (typeof TABLES)[number]): Promise<string> =>
  `read_parquet(${fileList((await largeTableFiles(directory, table, BYTES)).paths)})`

describe('large tables', () => {
  it.each(TABLES.map((table) => [table.name, table] as const))('%s are as large as they say', async (_, table) => {
    const { rows, bytes } = await largeTableFiles(directory, table, BYTES)
    expect(bytes).toBeGreaterThanOrEqual(BYTES)
    const source = await from(table)
    const columns = await duckDbRows(`describe from ${source}`)
    const widths: Record<string, string> = { BIGINT: '8', 'DECIMAL(15,2)': '8', DATE: '4' }
    const row = columns.map(([name, type]) => widths[String(type)] ?? `(4 + strlen(${name}))`).join(' + ')
    const [[count, measured]] = await duckDbRows(`select count(*), sum(${row})::bigint from ${source}`)
    expect(Number(count)).toBe(rows)
    expect(Math.abs(Number(measured) / bytes - 1)).toBeLessThan(0.01)
  })

  it('has an even number of parts, and large tables share their first ones', () => {
    const [small, large] = [1.2e9, 10e9].map((bytes) => partsOf(events, bytes))
    expect(small.rows).toBe(large.rows)
    expect([small.parts % 2, large.parts % 2]).toEqual([0, 0])
    expect(partsOf(payments, 3e9).parts).toBe(partsOf(invoices, 3e9).parts)
  })

  it('has two events of every key, in different files', async () => {
    const rows = await duckDbRows(`select n, files, count(*) from (
      select count(*) as n, count(distinct filename) as files
      from read_parquet(${fileList((await largeTableFiles(directory, events, BYTES)).paths)}, filename = true)
      group by user_id, item_id) group by all`)
    const { rows: total } = await largeTableFiles(directory, events, BYTES)
    expect(rows).toEqual([['2', '2', String(total / 2)]])
  })

  it('has one invoice for every other payment, mostly of its own', async () => {
    const [[paid, distinct]] = await duckDbRows(`select count(*), count(distinct invoice_id)
      from ${await from(payments)} p join ${await from(invoices)} i using (invoice_id)`)
    const { rows } = await largeTableFiles(directory, payments, BYTES)
    expect(Number(paid)).toBe(rows / 2)
    expect(Number(distinct)).toBe((rows / 2 / 64) * 63)
  })

  it('repeats every twentieth visit, and no article', async () => {
    const { rows } = await largeTableFiles(directory, visits, BYTES)
    const [[visited]] = await duckDbRows(`select count(*) from (select distinct * from ${await from(visits)})`)
    expect(Number(visited)).toBe(rows - Math.floor(rows / 20))
    const [[all, distinct]] = await duckDbRows(
      `select count(*), count(distinct article_id) from ${await from(articles)}`,
    )
    expect(all).toBe(distinct)
  })

  it('makes only the files that are missing, the same each time', async () => {
    const other = temporaryDirectory()
    const made: number[] = []
    const { paths } = await largeTableFiles(other, visits, BYTES, (count) => made.push(count))
    expect(made).toEqual(paths.map((_, i) => i + 1))
    const again = await largeTableFiles(other, visits, BYTES, () => made.push(-1))
    expect(again.paths).toEqual(paths)
    expect(made).not.toContain(-1)
    expect(readdirSync(other, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    )
    const { paths: first } = await largeTableFiles(directory, visits, BYTES)
    expect(readFileSync(paths[1]).equals(readFileSync(first[1]))).toBe(true)
  })
})
