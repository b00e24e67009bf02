/** The shapes that pipelines have, run: what each stage put out, compared with one query over the inputs. */

import { readdirSync } from 'node:fs'
import { type Mode, type PipelineBuilder, type PipelineReport, pipeline } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 2 })

const ORDERS = Array.from({ length: 6000 }, (_, id) => ({
  id,
  customer: (id * 7) % 50,
  country: ['DE', 'FR', 'US'][id % 3],
  price: ((id * 13) % 1000) / 4 - 5,
}))
const CUSTOMERS = Array.from({ length: 50 }, (_, id) => ({ id, name: `customer ${id}`, vip: id % 10 === 0 }))

beforeAll(async () => {
  const { engine } = scene
  await engine
    .fromRecords(ORDERS, { id: 'int64', customer: 'int32', country: 'varchar', price: 'float64' })
    .sinkParquet(scene.path('orders.parquet'), { rowGroupSize: 2000 })
  await engine
    .fromRecords(CUSTOMERS, { id: 'int32', name: 'varchar', vip: 'boolean' })
    .sinkCsv(scene.path('customers.csv'))
})

async function run(built: PipelineBuilder, mode: Mode): Promise<PipelineReport> {
  const report = await scene.engine.pipeline(built).run({ mode })
  expect(report.status).toBe('done')
  expect(report.stages.map(({ id, status, error }) => [id, status, error])).toEqual(
    report.stages.map(({ id }) => [id, 'done', null]),
  )
  return report
}

/** The rows of an output are those of a query over the inputs, in whatever order. */
async function expectRows(output: string, query: string): Promise<void> {
  const text = query
    .replaceAll('ORDERS', `'${scene.path('orders.parquet')}'`)
    .replaceAll('CUSTOMERS', `'${scene.path('customers.csv')}'`)
  const rows = async (from: string) => {
    const read: string[] = []
    // Formats without types give integers of other widths.
    const values = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
    for await (const row of scene.engine.sql(from).rows()) read.push(JSON.stringify(row, values))
    return read.sort()
  }
  const expected = await rows(text)
  expect(expected.length).toBeGreaterThan(0)
  const written = await rows(`select * from '${scene.path(output)}'`)
  const first = expected.findIndex((row, index) => row !== written[index])
  expect([written.length, written[first]]).toEqual([expected.length, expected[first]])
}

function begin(name: string): PipelineBuilder {
  return pipeline(name, { directory: scene.directory, batchSize: 1024 })
}

function to(path: string): { readonly path: string; readonly mode: 'replace' } {
  return { path, mode: 'replace' }
}

const VALID = 'price >= 0'

/** What a stage makes of its rows: groups take all of its input, which only mode `full` gives it. */
function summary(mode: Mode, key: string): string {
  return mode === 'full'
    ? `select ${key}, max(price) as dearest, count(*) as orders from INPUT group by ${key}`
    : `select ${key}, price * 2 as twice from INPUT where price > 100`
}

describe.each<Mode>(['full', 'streaming', 'hybrid'])('in mode %s', (mode) => {
  it('medallion: raw rows, cleaned rows and what is made of them are all kept', async () => {
    const built = begin('medallion')
      .producer('orders', 'orders.parquet')
      .producer('customers', 'customers.csv')
      .consumer('bronze', to('bronze.parquet'), { from: 'orders' })
      .processor('clean', { from: 'orders', transform: [{ filter: VALID }, { rename: { id: 'order_id' } }] })
      .processor('silver', {
        from: 'clean',
        tables: { people: 'customers' },
        transform: [{ sql: 'select input.*, name, vip from input join people on customer = people.id' }],
      })
      .consumer('silver-out', to('silver.parquet'), { from: 'silver' })
      .processor('revenue', {
        from: 'silver',
        transform: [{ sql: summary(mode, 'country').replace('INPUT', 'input') }],
      })
      .consumer('gold', to('gold.parquet'), { from: 'revenue' })
    const report = await run(built, mode)
    expect(report.plan.generations).toEqual(
      mode === 'full'
        ? [['orders', 'customers'], ['bronze', 'clean'], ['silver'], ['silver-out', 'revenue'], ['gold']]
        : [['bronze', 'silver-out', 'gold'], ['revenue'], ['silver'], ['customers', 'clean'], ['orders']],
    )
    if (mode === 'full') expect(report.sharedInputs).toMatchObject({ evictions: 0, spilledBytes: 0 })
    await expectRows('bronze.parquet', 'select * from ORDERS')
    await expectRows(
      'silver.parquet',
      `select o.id as order_id, customer, country, price, name, vip
        from ORDERS o join CUSTOMERS c on customer = c.id where ${VALID}`,
    )
    await expectRows('gold.parquet', summary(mode, 'country').replace('INPUT', `(select * from ORDERS where ${VALID})`))
  })

  it('fan-out and fan-in: what took different ways comes together again', async () => {
    const built = begin('fan')
      .producer('orders', 'orders.parquet')
      .processor('route', { from: 'orders', routes: { cheap: 'price < 50', free: 'price < 0' } })
      .processor('cheap', { from: 'route.cheap', transform: [{ add: { way: { value: 'cheap' } } }] })
      .processor('dear', { from: 'route', transform: [{ add: { way: { value: 'dear' } } }] })
      .consumer('all', to('fan.parquet'), { from: ['cheap', 'dear'] })
    await run(built, mode)
    await expectRows('fan.parquet', "select *, case when price < 50 then 'cheap' else 'dear' end as way from ORDERS")
  })

  it('independent chains: each ends in its own output', async () => {
    const built = begin('chains')
      .producer('orders', 'orders.parquet')
      .processor('german', { from: 'orders', transform: [{ filter: "country = 'DE'" }] })
      .consumer('german-out', to('german.parquet'), { from: 'german' })
      .producer('customers', 'customers.csv')
      .consumer('customers-out', to('customers.parquet'), { from: 'customers' })
    await run(built, mode)
    await expectRows('german.parquet', "select * from ORDERS where country = 'DE'")
    await expectRows('customers.parquet', 'select * from CUSTOMERS')
  })

  it('several sinks: each takes what leaves by its port', async () => {
    const built = begin('sinks')
      .producer('orders', 'orders.parquet')
      .processor('route', { from: 'orders', routes: { large: 'price > 200', void: 'price < 0' } })
      .consumer('large', to('large.parquet'), { from: 'route.large' })
      .consumer('void', to('void.ndjson'), { from: 'route.void' })
      .consumer('rest', to('rest.arrow'), { from: 'route' })
      .consumer('paid', to('paid.parquet'), { from: ['route', 'route.large'] })
    await run(built, mode)
    await expectRows('large.parquet', 'select * from ORDERS where price > 200')
    await expectRows('void.ndjson', 'select * from ORDERS where price < 0')
    await expectRows('rest.arrow', 'select * from ORDERS where price between 0 and 200')
    await expectRows('paid.parquet', 'select * from ORDERS where price >= 0')
  })

  it('a shared input: it is read once for all of its readers', async () => {
    let reads = 0
    const source = function* () {
      reads++
      yield* ORDERS
    }
    const built = begin('shared')
      .producer('orders', source)
      .processor('by-country', {
        from: 'orders',
        transform: [{ sql: summary(mode, 'country').replace('INPUT', 'input') }],
      })
      .processor('by-customer', {
        from: 'orders',
        transform: [{ sql: summary(mode, 'customer').replace('INPUT', 'input') }],
      })
      .consumer('countries', to('by-country.parquet'), { from: 'by-country' })
      .consumer('customers', to('by-customer.parquet'), { from: 'by-customer' })
      .consumer('all', to('all.parquet'), { from: 'orders' })
    await run(built, mode)
    expect(reads).toBe(1)
    await expectRows('by-country.parquet', summary(mode, 'country').replace('INPUT', 'ORDERS'))
    await expectRows('by-customer.parquet', summary(mode, 'customer').replace('INPUT', 'ORDERS'))
    await expectRows('all.parquet', 'select * from ORDERS')
  })
})

it('what fails takes along what depends on it, and no more', async () => {
  const built = pipeline('partly', { directory: scene.directory, onFailure: 'continue' })
    .producer('orders', 'orders.parquet')
    .processor('broken', { from: 'orders', transform: [{ convert: { country: 'integer' } }] })
    .consumer('broken-out', to('broken.parquet'), { from: 'broken' })
    .consumer('good', to('good.parquet'), { from: 'orders' })
  const report = await scene.engine.pipeline(built).run()
  expect(report.status).toBe('failed')
  const { good, ...others } = Object.fromEntries(report.stages.map(({ id, status }) => [id, status]))
  expect(good).toBe('done')
  expect(Object.values(others)).toContain('failed')
  await expectRows('good.parquet', 'select * from ORDERS')
  expect(readdirSync(scene.directory)).not.toContain('broken.parquet')
})
