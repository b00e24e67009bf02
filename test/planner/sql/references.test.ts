import { SqlParser } from '../../../io/duckdb/parser.js'
import { collectTexts, referencedTables } from '../../../planner/sql/expand.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'

const parser = new SqlParser()
afterAll(() => parser.close())

async function references(query: string, tables: readonly string[] = []) {
  const [parsed] = await parser.parse([query])
  return referencedTables(parsed, query, tables).map(({ format, names, options }) => ({ format, names, options }))
}

const name = (table: string) => ({ format: null, names: [table], options: {} })

describe('referencedTables', () => {
  it('finds tables in every place, once', async () => {
    const query =
      'select (select max(x) from m) from a, b join a c on true where x in (select 1 from d) union select 2 from e'
    expect((await references(query)).map((one) => one.names[0]).sort()).toEqual(['a', 'b', 'd', 'e', 'm'])
  })

  it('leaves out what WITH or the caller defines', async () => {
    expect(await references('with v as (select * from a) select * from v, w', ['W'])).toEqual([name('a')])
    expect(await references('with v as (select * from v) select * from v')).toEqual([name('v')])
  })

  it('reads files and table functions', async () => {
    expect(await references("from 'x/y.parquet'")).toEqual([name('x/y.parquet')])
    expect(await references("from read_parquet(['a', 'b'])")).toEqual([
      { format: 'parquet', names: ['a', 'b'], options: {} },
    ])
    expect(await references("from read_csv('a.csv', header = true, delim = ';', skip = 2)")).toEqual([
      { format: 'csv', names: ['a.csv'], options: { header: true, delim: ';', skip: 2 } },
    ])
  })
})

describe('collectTexts', () => {
  it('finds texts in all places of a plan', () => {
    const text = (source: string) => ({ kind: 'text', text: source }) as const
    const scan = { kind: 'scan', source: { id: 0, format: 'memory', label: 't' } } as const
    const inner = {
      kind: 'filter',
      input: scan,
      predicate: { kind: 'call', function: 'not', arguments: [text('a')] },
    } as const
    const query = { kind: 'sql', text: 'select 1 from t', tables: { t: inner } } as const
    const keys = [{ expression: text('b desc'), descending: false, nullsFirst: false }]
    expect(collectTexts({ kind: 'sort', input: query, keys })).toEqual({
      expressions: ['a'],
      orders: ['b desc'],
      queries: ['select 1 from t'],
    })
  })
})
