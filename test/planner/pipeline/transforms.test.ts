/** Simple operations against the same query in DuckDB. */

import { readFile } from 'node:fs/promises'
import { type TransformMapping, VolleyError } from '../../../index.js'
import { fixTime } from '../../../planner/pipeline/transforms/run-time.js'
import { parseTemplate } from '../../../planner/pipeline/transforms/template.js'
import { duckDbRows, ORDERS } from '../../support/cli.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { Scene } from '../../support/scene.js'

/** Few, as they are compared one by one. */
const ROWS = 2000

const scene = Scene.forFile({ threads: 2 })
let files = 0

beforeAll(async () => {
  await scene.engine.scanParquet(ORDERS).limit(ROWS).sinkParquet(scene.path('orders.parquet'))
})

async function transformed(...transform: readonly TransformMapping[]): Promise<string> {
  const path = scene.path(`out-${++files}.parquet`)
  await scene.engine.pipeline({ extract: scene.path('orders.parquet'), transform, load: path }).run()
  return path
}

/** The same rows, in whatever order, and the same types. */
async function expectSame(path: string, query: string): Promise<void> {
  const rows = async (from: string) => (await duckDbRows(from)).map((row) => JSON.stringify(row)).sort()
  const types = (from: string) => duckDbRows(`select column_name, column_type from (describe ${from})`)
  const written = `select * from '${path}'`
  expect(await types(written)).toEqual(await types(query))
  expect(await rows(written)).toEqual(await rows(query))
}

const FROM = `from (from '${ORDERS}' limit ${ROWS})`

const CASES: readonly (readonly [string, readonly TransformMapping[], string])[] = [
  ['rename', [{ rename: { order_id: 'id' } }], `select order_id as id, * exclude (order_id) ${FROM}`],
  [
    'convert',
    [{ convert: { quantity: 'bigint', unit_price: 'double', order_id: 'varchar' } }],
    `select * replace (quantity::bigint as quantity, unit_price::double as unit_price, order_id::varchar as order_id) ${FROM}`,
  ],
  [
    'defaults, of nulls and of columns that lack',
    [{ defaults: { note: 'none', shipped: '2000-01-01', extra: 7 } }],
    `select * replace (coalesce(note, 'none') as note, coalesce(shipped, date '2000-01-01') as shipped), 7 as extra ${FROM}`,
  ],
  [
    'add',
    [{ add: { total: 'quantity * unit_price', label: `\${customer}: \${note}`, one: 1, text: { value: 'a' } } }],
    `select *, quantity * unit_price as total, concat(customer, ': ', note) as label, 1 as one, 'a' as text ${FROM}`,
  ],
  [
    'filter',
    [{ filter: ['quantity > 3', "country = 'DE'"] }],
    `select * ${FROM} where quantity > 3 and country = 'DE'`,
  ],
  ['select', [{ select: ['order_id', 'upper(country) as land'] }], `select order_id, upper(country) as land ${FROM}`],
  ['drop', [{ drop: ['note', 'status'] }], `select * exclude (note, status) ${FROM}`],
  [
    'deduplicate',
    [{ select: ['country', 'category'], deduplicate: true }],
    `select distinct country, category ${FROM}`,
  ],
  [
    'sql',
    [{ sql: 'select country, count(*) as n from input group by country' }],
    `select country, count(*) as n ${FROM} group by country`,
  ],
  [
    'all of one mapping in their order, however they are written',
    [
      {
        sort: 'id desc',
        drop: 'country',
        select: ['id', 'country', 'total'],
        filter: 'total > 100',
        add: { total: 'price * quantity' },
        convert: { price: 'double' },
        rename: { unit_price: 'price', order_id: 'id' },
      },
    ],
    `select order_id as id, unit_price::double * quantity as total ${FROM} where unit_price::double * quantity > 100`,
  ],
]

describe('simple operations', () => {
  it.each(CASES)('%s', async (_, transform, query) => {
    await expectSame(await transformed(...transform), query)
  })

  it('sort', async () => {
    const path = await transformed({ select: ['order_id', 'shipped'], sort: ['shipped desc nulls first', 'order_id'] })
    const sorted = `select order_id, shipped ${FROM} order by shipped desc nulls first, order_id`
    expect(await duckDbRows(`select * from '${path}'`)).toEqual(await duckDbRows(sorted))
  })

  it('sort by what sort() of frames takes', async () => {
    const path = await transformed({ select: 'order_id', sort: { by: 'order_id', descending: true }, filter: 'true' })
    expect(await duckDbRows(`from '${path}' limit 1`)).toEqual(await duckDbRows(`select max(order_id) ${FROM}`))
  })

  it('now() is one time for the whole run', async () => {
    const before = Date.now()
    const path = await transformed({ add: { at: 'now()', day: 'current_date' } }, { add: { later: 'now()' } })
    const [[least, most, same, days]] = await duckDbRows(
      `select epoch_ms(min("at")), epoch_ms(max("at")), bool_and("at" = later), count(distinct day) from '${path}'`,
    )
    expect([least === most, same, Number(days)]).toEqual([true, true, 1])
    expect(Number(least)).toBeGreaterThanOrEqual(before)
  })
})

describe('JSONata', () => {
  it('keeps the types of plain columns', async () => {
    await expectSame(
      await transformed({ jsonata: '{ "id": order_id, "price": unit_price, "day": shipped, "kind": "order" }' }),
      `select order_id as id, unit_price as price, shipped as day, 'order' as kind ${FROM}`,
    )
  })

  it('is evaluated record by record', async () => {
    await expectSame(
      await transformed({ jsonata: '{ "id": order_id, "who": $uppercase(customer), "total": unit_price * quantity }' }),
      `select order_id::bigint as id, upper(customer) as who, round(unit_price::double * quantity, 10) as total ${FROM}`.replace(
        'round(unit_price::double * quantity, 10)',
        'unit_price::double * quantity',
      ),
    )
  })

  it('leaves records out, and makes several of one', async () => {
    const expression = 'quantity > 5 ? [{ "id": order_id }, { "id": -order_id }]'
    const path = await transformed({ jsonata: { expression, schema: { id: 'int32' } } })
    await expectSame(path, `select unnest([order_id, -order_id]) as id ${FROM} where quantity > 5`)
  })

  it('sees all records of a batch', async () => {
    const expression = '{ "n": $count($), "least": $min(order_id) }'
    const path = await transformed({ jsonata: { expression, mode: 'batch', schema: { n: 'int64', least: 'int64' } } })
    const [[rows, least]] = await duckDbRows(`select sum(n), min(least) from '${path}'`)
    expect([Number(rows), Number(least)]).toEqual(
      (await duckDbRows(`select count(*), min(order_id) ${FROM}`))[0].map(Number),
    )
  })
})

describe('what does not fit', () => {
  it.each([
    [{ filter: 'quantty > 1' }, 'VOLLEY_UNKNOWN_COLUMN', /stage 'transform', step 2 \(filter\).*did you mean quantity/],
    [{ jsonata: '{ "a": ' }, 'VOLLEY_PARSE', /step 2 \(jsonata\): JSONata: Expected/],
    [{ defaults: { quantity: 1.5 } }, 'VOLLEY_TYPE_MISMATCH', /default of column 'quantity', 1.5, does not fit/],
    [{ rename: { nothing: 'a' } }, 'VOLLEY_UNKNOWN_COLUMN', /step 2 \(rename\)/],
    [{ sql: 'select * from orders' }, 'VOLLEY_UNKNOWN_TABLE', /no table or file orders; the tables here are input/],
    [{ function: { call: ({ order_id }: { order_id: number }) => order_id } }, 'VOLLEY_USER_FUNCTION', /at row 0/],
  ])('%j names the stage and the step', async (step, code, message) => {
    const failing = transformed({ filter: 'true' }, step)
    await expect(failing).rejects.toThrow(VolleyError)
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe('texts', () => {
  const startedAt = new Date('2024-02-29T12:30:00.5Z')

  it.each([
    ['now()', "TIMESTAMPTZ '2024-02-29 12:30:00.500+00'"],
    ["'now()' || NOW ( )", "'now()' || TIMESTAMPTZ '2024-02-29 12:30:00.500+00'"],
    ['"current_date" = current_date', `"current_date" = DATE '2024-02-29'`],
    ['known() + x.now() -- now()', 'known() + x.now() -- now()'],
  ])('the time in %s', (text, expected) => {
    expect(fixTime(text, startedAt)).toBe(expected)
  })

  it('templates have text and columns', () => {
    expect(parseTemplate(`a\${ b }c$\${d}\${e f}`)).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'column', name: 'b' },
      { kind: 'text', text: `c\${d}` },
      { kind: 'column', name: 'e f' },
    ])
    expect(() => parseTemplate(`\${a`)).toThrow(/without a }/)
    expect(() => parseTemplate(`\${}`)).toThrow(/without a column/)
  })
})

it('reads what it wrote', async () => {
  const path = await transformed({ select: 'order_id' })
  expect((await readFile(path)).subarray(0, 4).toString()).toBe('PAR1')
})
