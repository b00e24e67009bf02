import { SqlParser } from '../../../io/duckdb/parser.js'
import { VolleyError } from '../../../planner/errors.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'

const parser = new SqlParser()
afterAll(() => parser.close())

const errorOf = async (...statements: string[]) => {
  const error = await parser.parse(statements).catch((reason: unknown) => reason)
  if (error instanceof VolleyError) return error
  throw error
}

/** The constants of a SELECT list. */
async function constants(list: string): Promise<unknown[]> {
  const [statement] = (await parser.parse([`select ${list}`])) as {
    node: { select_list: { value: { value: unknown } }[] }
  }[]
  return statement.node.select_list.map((one) => one.value.value)
}

describe('SqlParser', () => {
  it('parses several statements at once, in order', async () => {
    const trees = await parser.parse(['select a from t', 'select b from u'])
    expect(trees.map((tree) => JSON.stringify(tree).includes('"table_name":"u"'))).toEqual([false, true])
    expect(await parser.parse([])).toEqual([])
  })

  it('keeps integers exact', async () => {
    expect(await constants('9007199254740993, 1234567890123456, 12')).toEqual([
      '9007199254740993',
      '1234567890123456',
      12,
    ])
    expect(await constants("1e400, '9007199254740993', ''")).toEqual([Number.POSITIVE_INFINITY, '9007199254740993', ''])
  })

  it('keeps empty grouping sets', async () => {
    const [tree] = await parser.parse(['select a from t group by rollup (a)'])
    expect(JSON.stringify(tree)).toContain('"group_sets":[[],[0]]')
  })

  it('tells where a syntax error is, in characters, and in which statement', async () => {
    const error = await errorOf('select 1', "select '😀é', 1 1 +")
    expect(error.code).toBe('VOLLEY_PARSE')
    expect(error.details).toMatchObject({ statement: 1, position: 16, expression: "select '😀é', 1 1 +" })
  })

  it('refuses what is not one SELECT', async () => {
    expect((await errorOf('select 1; select 2')).code).toBe('VOLLEY_PARSE')
    expect((await errorOf('')).code).toBe('VOLLEY_PARSE')
    expect((await errorOf("copy t to 'x'")).code).toBe('VOLLEY_UNSUPPORTED')
  })

  it('can be used again after it was closed', async () => {
    const other = new SqlParser()
    await other.close()
    expect(await other.parse(['select 1'])).toHaveLength(1)
    await other.close()
    expect(await other.parse(['select 1'])).toHaveLength(1)
    await other.close()
  })
})
