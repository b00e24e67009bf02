/** Runs the complete examples of pipelines through the command line, and holds what they write to DuckDB. */

import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PipelineReport } from '../../index.js'
import { duckDbRows, inTemporaryDirectory, ORDERS, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const run = promisify(execFile)

async function runExample(name: string, out: string, ...words: string[]): Promise<PipelineReport> {
  const { code, stdout, stderr } = await volleyHere(
    ['run', `docs/examples/${name}`, '--param', `out=${out}`, '--threads', '2', '--json', ...words],
    { cwd: ROOT },
  )
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as PipelineReport
}

const rowsInto = ({ stages }: PipelineReport, id: string) => stages.find((stage) => stage.id === id)?.rowsIn

it('README.md has a pipeline that runs as it stands', async () => {
  const [, yaml] = /```yaml\n(.*?)```/s.exec(readFileSync(`${ROOT}README.md`, 'utf8')) ?? []
  await inTemporaryDirectory(async (cwd) => {
    symlinkSync(`${ROOT}data-fixtures`, join(cwd, 'data-fixtures'))
    writeFileSync(join(cwd, 'pipeline.yaml'), yaml)
    const { code } = await volleyHere(['run', 'pipeline.yaml', '--param', 'country=FR', '--threads', '1'], { cwd })
    expect(code).toBe(0)
    expect(await duckDbRows(`select count(*), sum(total) from '${cwd}/big-orders/*/*.parquet'`)).toEqual(
      await duckDbRows(
        `select count(*), sum(quantity * unit_price) from '${ORDERS}' where country = 'FR' and quantity > 5`,
      ),
    )
  })
})

it('medallion makes three layers of orders', async () => {
  await inTemporaryDirectory(async (out) => {
    const report = await runExample('medallion', out, '--param', 'since=2024-10-01')
    const orders = `
      with joined as (
        select o.*, c.region, c.vat, (quantity * unit_price * (1 - discount::decimal(4,2)))::decimal(12,2) as net
        from '${ORDERS}' o left join '${ROOT}docs/examples/medallion/countries.csv' c on o.country = c.code
        where ordered_at >= '2024-10-01'
      ), silver as (from joined where region is not null and status not in ('cancelled', 'returned'))`
    const expected = (query: string) => duckDbRows(`${orders} ${query}`)
    expect(rowsInto(report, 'bronze-file')).toBe(50_000)
    expect([[String(rowsInto(report, 'quarantine'))]]).toEqual(
      await expected('select count(*) from joined where region is null'),
    )
    expect(await duckDbRows(`select count(*), sum(net) from '${out}/silver/orders/*/*.parquet'`)).toEqual(
      await expected('select count(*), sum(net) from silver'),
    )
    expect(
      await duckDbRows(`select * exclude (vat) from '${out}/gold/revenue.parquet' order by month, region`),
    ).toEqual(
      await expected(`select date_trunc('month', ordered_at)::date as month, region, count(*), sum(net)
        from silver group by all order by month, region`),
    )
    expect(await duckDbRows(`select label, net::decimal(38,2) from '${out}/gold/best-customers.csv'`)).toEqual(
      await expected(`select customer || ' (' || country || ')', sum(net)::decimal(38,2) from silver
        group by customer, country order by sum(net) desc, customer limit 20`),
    )
    expect(
      await duckDbRows(`attach '${out}/gold/shop.duckdb' as shop (read_only);
        select category, status, orders from shop.lost_orders order by all`),
    ).toEqual(
      await expected(`select category, status, count(*) from joined
        where region is not null and status in ('cancelled', 'returned') group by all order by all`),
    )
  })
})

it('http-api goes on where it was killed', async () => {
  await inTemporaryDirectory(async (out) => {
    const { stdout, stderr } = await run(process.execPath, ['docs/examples/http-api/run.mjs', out], { cwd: ROOT })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^killed after \d+ pages\nresumed: true, 20000 rows in all, /)
    const files = `'${join(out, 'readings')}/*/*/*.parquet'`
    expect(
      await duckDbRows(`select count(*), count(distinct id), max(id), count(distinct site), count(distinct day),
        bool_and(fahrenheit = celsius * 1.8 + 32) from read_parquet(${files}, hive_partitioning = true)`),
    ).toEqual([['20000', '20000', '19999', '3', '5', true]])
  })
})

describe('enrichment', () => {
  it('adds what functions and tables know', async () => {
    await inTemporaryDirectory(async (out) => {
      const report = await runExample('enrichment', out, '--param', 'count=500')
      const names = [
        'Ivo Patel',
        'Jaïr Zhang',
        'Chloé Dubois',
        'Noor Haddad',
        'Zoë Müller',
        'Amara Okafor',
        'Kenji Sato',
      ]
      const usable = `(from range(500) t(id) where id % 11 <> 0)`
      const isUrgent = `id % 4 <> 3 and (select count(*) from '${ORDERS}'
        where customer = [${names.map((name) => `'${name}'`)}][id % 7 + 1]) > 100`
      const counts =
        await duckDbRows(`select count(*) filter (${isUrgent})::int, count(*) filter (not (${isUrgent}))::int
        from ${usable}`)
      expect(['urgent', 'others'].map((id) => rowsInto(report, id))).toEqual(counts[0])
      expect(rowsInto(report, 'unusable')).toBe(46)
      const [first] = readFileSync(join(out, 'urgent.ndjson'), 'utf8').split('\n')
      expect(JSON.parse(first)).toMatchObject({
        id: 1,
        phone: '+4930901820',
        products: 'Desk Lamp, Trail Tent',
        urgency: 2,
        greeting: 'Jaïr Zhang, customer since 2023-01-02',
      })
      expect(
        await duckDbRows(`select count(*), count(phone), count(distinct language) from '${out}/others.parquet'`),
      ).toEqual(
        await duckDbRows(`select count(*), count(*) filter (id % 6 not in (3, 4)), '2' from ${usable}
          where id not in (select id from '${out}/urgent.ndjson')`),
      )
    })
  })
})
