/** Pipelines whose stages run at once. */

import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from '../../../support/jest.js'
import { failure } from '../../../support/scene.js'
import { query, StreamScene } from '../../../support/streaming.js'

const scene = StreamScene.forFile()

describe('a streamed pipeline', () => {
  it('passes a file through transforms into another', async () => {
    const orders = await scene.orders('orders.parquet', 10_000)
    const { status, stages, outputs } = await scene.run({
      extract: 'orders.parquet',
      transform: { filter: 'amount > 20', add: { double: { expression: 'amount * 2' } } },
      load: 'out.parquet',
      batchSize: 1000,
    })
    expect(status).toBe('done')
    expect(outputs).toEqual([scene.path('out.parquet')])
    const wanted = await query(`select *, amount * 2 as double from '${orders}' where amount > 20 order by id`)
    expect(await query(`select * from '${scene.path('out.parquet')}' order by id`)).toEqual(wanted)
    expect(stages.map(({ id, kind, rowsIn, rowsOut, batches }) => ({ id, kind, rowsIn, rowsOut, batches }))).toEqual([
      { id: 'extract', kind: 'producer', rowsIn: 10_000, rowsOut: 10_000, batches: expect.any(Number) },
      { id: 'transform', kind: 'processor', rowsIn: 10_000, rowsOut: wanted.length, batches: expect.any(Number) },
      { id: 'load', kind: 'consumer', rowsIn: wanted.length, rowsOut: wanted.length, batches: expect.any(Number) },
    ])
  })

  it('fans out, routes by port, joins with a table and fans in', async () => {
    const orders = await scene.orders('many.parquet', 5000)
    await query(
      `copy (select i::integer as customer, 'c' || i as title from range(15) t(i)) to '${scene.path('c.csv')}'`,
    )
    await scene.run({
      batchSize: 512,
      stages: [
        { id: 'orders', source: 'many.parquet' },
        { id: 'customers', source: 'c.csv' },
        {
          id: 'joined',
          kind: 'processor',
          from: 'orders',
          tables: { customers: 'customers' },
          transform: {
            sql: 'select o.id, o.amount, c.title from input o join customers c on o.customer = c.customer',
          },
          routes: { large: 'amount > 60', middle: 'amount > 30' },
        },
        { id: 'large', from: 'joined.large', target: 'large.parquet' },
        { id: 'rest', from: ['joined', 'joined.middle'], target: 'rest.ndjson' },
        { id: 'all', from: 'orders', target: 'all.csv' },
      ],
    })
    const joined = `select o.id, o.amount, c.title from '${orders}' o join '${scene.path('c.csv')}' c using (customer)`
    expect(await query(`select id::int as id, title from '${scene.path('large.parquet')}' order by id`)).toEqual(
      await query(`select id::int as id, title from (${joined}) where amount > 60 order by id`),
    )
    expect(await query(`select id::int as id, title from '${scene.path('rest.ndjson')}' order by id`)).toEqual(
      await query(`select id::int as id, title from (${joined}) where amount <= 60 order by id`),
    )
    expect(await query(`select count(*)::int as n from '${scene.path('all.csv')}'`)).toEqual([{ n: 5000 }])
  })

  it.each(['streaming', 'full'] as const)('knows the tables of a nested pipeline in its queries: %s', async (mode) => {
    const orders = await scene.orders('told.parquet', 500)
    await query(
      `copy (select i::integer as customer, 'c' || i as title from range(9) t(i)) to '${scene.path('t.csv')}'`,
    )
    const file = scene.path(`told-${mode}.csv`)
    const inner = {
      stages: [
        { id: 'in', source: { type: 'input' as const } },
        { id: 'large', from: 'in', transform: { filter: 'amount > 20' } },
        {
          id: 'deeper',
          from: 'large',
          exit: 'titled',
          pipeline: {
            stages: [
              { id: 'in', source: { type: 'input' as const } },
              {
                id: 'titled',
                from: 'in',
                transform: { sql: 'select i.id, t.title from input i join titles t on i.customer = t.customer' },
              },
            ],
          },
        },
      ],
    }
    await scene.engine
      .pipeline({
        mode,
        stages: [
          { id: 'orders', source: orders },
          { id: 'titles', source: scene.path('t.csv') },
          { id: 'nested', from: 'orders', tables: { titles: 'titles' }, pipeline: inner, exit: 'deeper' },
          { id: 'load', from: 'nested', target: file },
        ],
      })
      .run()
    expect(await query(`from '${file}' order by id`)).toEqual(
      await query(
        `select id, title from '${orders}' join '${scene.path('t.csv')}' using (customer) where amount > 20 order by id`,
      ),
    )
  })

  it('runs nested pipelines in place', async () => {
    await scene.orders('nested.parquet', 1000)
    const { stages } = await scene.run({
      stages: [
        { id: 'orders', source: 'nested.parquet' },
        {
          id: 'clean',
          kind: 'pipeline',
          from: 'orders',
          entry: 'in',
          exit: 'kept',
          pipeline: {
            stages: [
              { id: 'in', source: { type: 'input' } },
              { id: 'kept', kind: 'processor', from: 'in', transform: { filter: 'customer < 3' } },
            ],
          },
        },
        { id: 'load', from: 'clean', target: 'nested.arrow' },
      ],
    })
    expect(stages.map(({ id }) => id)).toEqual(['orders', 'clean/kept', 'load'])
    expect(stages.map(({ rowsOut }) => rowsOut)).toEqual([1000, 177, 177])
  })

  it('names the stage that failed, stops the others and leaves nothing behind', async () => {
    await scene.orders('bad.parquet', 5000)
    const error = await failure(() =>
      scene.run({
        batchSize: 256,
        stages: [
          { id: 'orders', source: 'bad.parquet' },
          { id: 'numbers', kind: 'processor', from: 'orders', transform: { convert: { name: 'integer' } } },
          { id: 'load', from: 'numbers', target: 'bad-out.parquet' },
          { id: 'copy', from: 'orders', target: 'bad-copy.parquet' },
        ],
      }),
    )
    expect(error.message).toMatch(/^stage numbers: /)
    expect(error.details.stage).toBe('numbers')
    expect(readdirSync(scene.directory).filter((name) => name.includes('bad-'))).toEqual([])
  })

  it('goes on with independent parts if it is told to', async () => {
    await scene.orders('parts.parquet', 5000)
    const { status, stages } = await scene.run({
      onFailure: 'continue',
      batchSize: 256,
      stages: [
        { id: 'orders', source: 'parts.parquet' },
        { id: 'numbers', kind: 'processor', from: 'orders', transform: { convert: { name: 'integer' } } },
        { id: 'load', from: 'numbers', target: 'parts-out.parquet' },
        { id: 'copy', from: 'orders', target: 'parts-copy.parquet' },
      ],
    })
    expect(status).toBe('failed')
    expect(Object.fromEntries(stages.map(({ id, status, because }) => [id, [status, because]]))).toEqual({
      orders: ['done', null],
      numbers: ['failed', null],
      load: ['skipped', 'numbers'],
      copy: ['done', null],
    })
    expect(existsSync(scene.path('parts-out.parquet'))).toBe(false)
    expect(await query(`select count(*)::int as n from '${scene.path('parts-copy.parquet')}'`)).toEqual([{ n: 5000 }])
  })

  it('ends an unbounded producer when it is aborted', async () => {
    const aborting = new AbortController()
    async function* endless() {
      for (let id = 0; ; id++) {
        yield { id }
        if (id === 50_000) aborting.abort()
      }
    }
    const work = () =>
      scene.run({ batchSize: 1000, extract: () => endless(), load: 'endless.parquet' }, { signal: aborting.signal })
    expect((await failure(work)).code).toBe('VOLLEY_ABORTED')
    expect(existsSync(scene.path('endless.parquet'))).toBe(false)
  })

  it('tells its progress', async () => {
    await scene.orders('progress.parquet', 3000)
    const events: string[] = []
    await scene.run(
      { extract: 'progress.parquet', load: 'progress.csv' },
      {
        onProgress: ({ stage, rowsOut, isDone, totalRows }) =>
          isDone && events.push(`${stage} ${rowsOut} ${totalRows}`),
      },
    )
    expect(events).toEqual(['extract 3000 3000', 'load 3000 null'])
  })

  it('writes records that cannot be processed to a file, as far as the policy allows', async () => {
    await query(
      `copy (select i as id, case when i % 100 = 7 then 'x' else i::varchar end as text from range(1000) t(i))
       to '${scene.path('texts.parquet')}' (format parquet)`,
    )
    const converting = (errors: object) => ({
      batchSize: 300,
      stages: [
        { id: 'texts', source: 'texts.parquet' },
        {
          id: 'numbers',
          kind: 'processor' as const,
          from: 'texts',
          transform: { convert: { text: 'integer' } },
          errors,
        },
        { id: 'load', from: 'numbers', target: { path: 'numbers.parquet', mode: 'replace' as const } },
      ],
    })
    await scene.run(converting({ deadLetters: 'letters.parquet', maxRate: 0.05, maxConsecutive: 2, maxCount: 10 }))
    expect(await query(`select count(*)::int as n from '${scene.path('numbers.parquet')}'`)).toEqual([{ n: 990 }])
    expect(await query(`select * from '${scene.path('letters.parquet')}' limit 1`)).toMatchObject([
      { record: '{"id":7,"text":"x"}', row: '7', stage: 'numbers', step: 'convert', code: 'VOLLEY_CAST' },
    ])
    const tooMany = await failure(() => scene.run(converting({ deadLetters: 'letters.parquet', maxCount: 9 })))
    expect(tooMany.code).toBe('VOLLEY_TOO_MANY_REJECTS')
  })

  it('gathers by key in an accumulator', async () => {
    await scene.orders('keyed.parquet', 4000)
    const { stages } = await scene.run({
      batchSize: 100,
      stages: [
        { id: 'orders', source: 'keyed.parquet' },
        { id: 'gathered', kind: 'accumulator', from: 'orders', key: 'customer', rows: 50 },
        { id: 'load', from: 'gathered', target: 'keyed.parquet.out.parquet' },
      ],
    })
    expect(stages[2].rowsIn).toBe(4000)
    // 17 keys, 235 or 236 rows each: four of 50 and what is left.
    expect(stages[2].batches).toBe(17 * 5)
  })

  it('sorts and groups what an accumulator passed on, batch by batch', async () => {
    const orders = await scene.orders('grouped.parquet', 5000)
    const specification = (from: string, out: string) => ({
      batchSize: 256,
      stages: [
        { id: 'orders', source: 'grouped.parquet' },
        { id: 'by-customer', kind: 'accumulator' as const, from: 'orders', key: 'customer', rows: 5000 },
        {
          id: 'totals',
          from,
          transform: [{ sort: 'amount desc' }, { sql: 'select customer, count(*) as n from input group by customer' }],
        },
        { id: 'load', from: 'totals', target: out },
      ],
    })
    await scene.run(specification('by-customer', 'grouped.csv'))
    expect(await query(`from '${scene.path('grouped.csv')}' order by customer`)).toEqual(
      await query(
        `select customer::bigint as customer, count(*) as n from '${orders}' group by customer order by customer`,
      ),
    )
    const error = await failure(() => scene.run(specification('orders', 'refused.csv')))
    expect(error.message).toMatch(/stage 'totals' .* gets one batch at a time/)
  })

  it('does the same in chunks', async () => {
    const orders = await scene.orders('chunks.parquet', 20_000)
    await scene.run({
      mode: 'hybrid',
      batchSize: 256,
      extract: 'chunks.parquet',
      transform: { drop: 'name' },
      load: 'chunks.out.parquet',
    })
    expect(await query(`select * from '${scene.path('chunks.out.parquet')}' order by id`)).toEqual(
      await query(`select * exclude name from '${orders}' order by id`),
    )
  })
})
