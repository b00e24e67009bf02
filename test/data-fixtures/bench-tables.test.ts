import { readdirSync, readFileSync } from 'node:fs'
import { tableFromIPC } from 'apache-arrow'
import { FORMAT_NAMES, openBenchTables, TPCH_TABLES } from '../../data-fixtures/bench-tables.js'
import { sqlText } from '../../native-bench/sql-text.js'
import { QUERIES } from '../../native-bench/suites/tpch/queries.js'
import { duckDbRows } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const directory = temporaryDirectory()
const ROWS = 10_000
const small = openBenchTables(directory, ROWS)

/** Of the one row that the query gives. */
async function values(sql: string): Promise<number[]> {
  const [row] = await duckDbRows(sql)
  return row.map(Number)
}

describe('the tables of TPC-H', () => {
  it.each([ROWS, 1_000_000])('with %d lines, let all 22 queries find rows', async (rows) => {
    const files = await openBenchTables(directory, rows).tpch()
    const found = QUERIES.map(async (query) => {
      const [row] = await duckDbRows(query.sql((table) => sqlText(files[table])))
      // A total of nothing is one row of nulls.
      return [query.name, row?.some((value) => value !== null) ?? false] as const
    })
    expect((await Promise.all(found)).filter(([, some]) => !some)).toEqual([])
  })

  it('are in the proportions of the specification', async () => {
    const files = await openBenchTables(directory, 1_000_000).tpch()
    const counts = await Promise.all(
      TPCH_TABLES.map((table) => values(`select count(*) from ${sqlText(files[table])}`)),
    )
    const [[lineitem], ...others] = counts
    expect(Math.abs(lineitem / 1_000_000 - 1)).toBeLessThan(0.01)
    expect(others.flat()).toEqual([250_000, 25_000, 33_333, 133_332, 1666, 25, 5])
  })

  it.each([ROWS, 1_000_000])('with %d lines, refer to each other', async (rows) => {
    const files = await openBenchTables(directory, rows).tpch()
    const of = (table: keyof typeof files): string => sqlText(files[table])
    const orphans = (child: string, parent: string, condition: string): string =>
      `(select count(*) from ${child} anti join ${parent} on ${condition})`
    expect(
      await values(`select
        ${orphans(of('lineitem'), of('partsupp'), 'l_partkey = ps_partkey and l_suppkey = ps_suppkey')},
        ${orphans(of('lineitem'), of('orders'), 'l_orderkey = o_orderkey')},
        ${orphans(of('orders'), of('lineitem'), 'l_orderkey = o_orderkey')},
        ${orphans(of('orders'), of('customer'), 'o_custkey = c_custkey')},
        ${orphans(of('partsupp'), of('part'), 'ps_partkey = p_partkey')},
        ${orphans(of('partsupp'), of('supplier'), 'ps_suppkey = s_suppkey')},
        ${orphans(of('supplier'), of('nation'), 's_nationkey = n_nationkey')},
        ${orphans(of('nation'), of('region'), 'n_regionkey = r_regionkey')},
        (select count(*) - count(distinct (ps_partkey, ps_suppkey)) from ${of('partsupp')}),
        (select count(*) from ${of('customer')} where c_phone not like (10 + c_nationkey) || '-%')`),
    ).toEqual(Array(10).fill(0))
  })

  it('total the lines of an order', async () => {
    const { orders, lineitem } = await small.tpch()
    const wrong = await duckDbRows(`
      from (
        select l_orderkey, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as total, count(*) as lines,
          case when min(l_linestatus) = 'O' then 'O' when max(l_linestatus) = 'F' then 'F' else 'P' end as status
        from ${sqlText(lineitem)} group by all
      ) join ${sqlText(orders)} on l_orderkey = o_orderkey
      -- Each line is rounded down to a cent.
      where status <> o_orderstatus or o_totalprice > total or o_totalprice <= total - 0.01 * lines`)
    expect(wrong).toEqual([])
  })

  it('leave customers without orders, and give every part four suppliers and five colours', async () => {
    const { customer, orders, partsupp, part } = await small.tpch()
    const [idle, all] = await values(`select count(*) filter (where c_custkey not in (select o_custkey from
      ${sqlText(orders)})), count(*) from ${sqlText(customer)}`)
    expect(idle / all).toBeGreaterThan(0.3)
    expect(
      await values(`select min(n), max(n) from (select count(distinct ps_suppkey) as n from ${sqlText(partsupp)}
        group by ps_partkey)`),
    ).toEqual([4, 4])
    expect(
      await values(`select min(n), max(n) from (select len(list_distinct(string_split(p_name, ' '))) as n
        from ${sqlText(part)})`),
    ).toEqual([5, 5])
  })
})

describe('the tables of db-benchmark', () => {
  it('have groups of about one size, of every kind', async () => {
    const path = sqlText(await small.groups())
    expect(
      await values(`select count(*), count(distinct id1), count(distinct id2), count(distinct id3), count(distinct id4),
        count(distinct id5), count(distinct id6), min(v1), max(v1), min(v2), max(v2) from ${path}`),
    ).toEqual([ROWS, 100, 100, 100, 100, 100, 100, 1, 5, 1, 15])
    const [least, largest, odd] = await values(`select min(v3), max(v3), count(*) filter (where round(v3, 6) <> v3)
      from ${path}`)
    expect([least >= 0, largest < 100, odd]).toEqual([true, true, 0])
    const [fewest, most] = await values(`select min(n), max(n) from (select count(*) as n from ${path} group by id6)`)
    expect(fewest).toBeGreaterThan(50)
    expect(most).toBeLessThan(170)
    expect((await duckDbRows(`describe from ${path}`)).map(([name, type]) => `${name} ${type}`)).toEqual(
      'id1 VARCHAR,id2 VARCHAR,id3 VARCHAR,id4 INTEGER,id5 INTEGER,id6 INTEGER,v1 INTEGER,v2 INTEGER,v3 DOUBLE'.split(
        ',',
      ),
    )
    expect(await duckDbRows(`select distinct length(id1), length(id3) from ${path}`)).toEqual([['5', '12']])
  })

  it('join with nine tenths of their keys', async () => {
    const rows = 100_000
    const { x, ...others } = await openBenchTables(directory, rows).joins()
    const expected = { small: [10, 'id1'], medium: [100, 'id2'], big: [rows, 'id3'] } as const
    for (const name of ['small', 'medium', 'big'] as const) {
      const [count, key] = expected[name]
      const other = sqlText(others[name])
      expect(
        await values(`select count(*), count(distinct ${key}), (select count(distinct ${key}) from ${sqlText(x)}),
          (select count(distinct ${key}) from ${sqlText(x)} semi join ${other} using (${key})) from ${other}`),
      ).toEqual([count, count, count, count * 0.9])
      const [matched] = await values(`select count(*) from ${sqlText(x)} semi join ${other} using (${key})`)
      expect(Math.abs(matched / rows - 0.9)).toBeLessThan(0.03)
    }
    expect(await values(`select count(*) from ${sqlText(x)} where id4 <> 'id' || id1 or id6 <> 'id' || id3`)).toEqual([
      0,
    ])
    expect((await duckDbRows(`describe from ${sqlText(others.medium)}`)).map(([name]) => name)).toEqual([
      'id1',
      'id2',
      'id4',
      'id5',
      'v2',
    ])
    // Neither side is in the order of the other, nor in that of its keys.
    const [rising] = await values(`select count(*) filter (where id3 > before) from (
      select id3, lag(id3) over (order by file_row_number) as before
      from read_parquet(${sqlText(others.big)}, file_row_number = true))`)
    expect(Math.abs(rising / rows - 0.5)).toBeLessThan(0.02)
  })
})

describe('other tables', () => {
  it('nest, and lack values', async () => {
    const path = sqlText(await small.complex())
    expect((await duckDbRows(`describe from ${path}`)).map(([name, type]) => `${name} ${type}`)).toEqual([
      'id BIGINT',
      'status VARCHAR',
      'depot VARCHAR',
      'note VARCHAR',
      'position STRUCT(latitude DOUBLE, longitude DOUBLE, origin VARCHAR)',
      'tags VARCHAR[]',
      'items STRUCT(article BIGINT, quantity INTEGER)[]',
      'ordered_at TIMESTAMP',
      'delivered_at TIMESTAMP WITH TIME ZONE',
      'price DECIMAL(9,2)',
      'balance DECIMAL(38,6)',
      'ratio DOUBLE',
      'insured BOOLEAN',
    ])
    const [rows, ...present] = await values(`select count(*), count(note), count(position), count(tags),
      count(delivered_at), count(ratio), count(insured) from ${path}`)
    expect(rows).toBe(ROWS)
    for (const [i, share] of [0.9, 0.95, 0.95, 2 / 3, 0.75, 0.9].entries()) {
      expect(Math.abs(present[i] / rows - share)).toBeLessThan(0.02)
    }
    const [least, most, narrow] = await values(`select min(length(note)), max(length(note)),
      count(*) filter (where balance::varchar like '%.000000') from ${path}`)
    expect([least, most, narrow < 100]).toEqual([100, 800, true])
  })

  it('hold the same in every format', async () => {
    const files = await small.formats()
    expect(Object.keys(files)).toEqual([...FORMAT_NAMES])
    const columns = await duckDbRows(`describe from ${sqlText(files.csv)}`)
    const [[schema]] = await duckDbRows(`select string_agg(format('{}: ''{}''', column_name, column_type), ', ')
      from (describe from ${sqlText(files['parquet-snappy'])})`)
    expect(columns.length).toBe(16)
    const text = (options: string, path: string, reader: string): string =>
      `${reader}(${sqlText(path)}, columns = {${schema}}${options})`
    const sources = {
      'parquet-snappy': sqlText(files['parquet-snappy']),
      'parquet-zstd': sqlText(files['parquet-zstd']),
      'parquet-gzip': sqlText(files['parquet-gzip']),
      'parquet-none': sqlText(files['parquet-none']),
      csv: text(', header = true', files.csv, 'read_csv'),
      'csv-gzip': text(', header = true', files['csv-gzip'], 'read_csv'),
      ndjson: text('', files.ndjson, 'read_json'),
    }
    const hashes = await Promise.all(
      Object.values(sources).map((source) => duckDbRows(`select count(*), bit_xor(hash(t)) from ${source} t`)),
    )
    expect(new Set(hashes.map(String)).size).toBe(1)
    const codecs = Object.values(sources).slice(0, 4)
    expect(
      await Promise.all(
        codecs.map(async (path) =>
          String(await duckDbRows(`select distinct compression from parquet_metadata(${path})`)),
        ),
      ),
    ).toEqual(['SNAPPY', 'ZSTD', 'GZIP', 'UNCOMPRESSED'])
    const arrow = tableFromIPC(readFileSync(files.arrow))
    const [[count, keys, comments]] = await duckDbRows(`select count(*), sum(l_orderkey)::bigint,
      sum(length(l_comment))::bigint from ${sources['parquet-snappy']}`)
    const letters = [...arrow.getChild('l_comment')!].reduce((total: number, text) => total + String(text).length, 0)
    const orders = [...arrow.getChild('l_orderkey')!].reduce((total: bigint, key) => total + BigInt(key), 0n)
    expect([arrow.numRows, orders, letters].map(String)).toEqual([count, keys, comments].map(String))
  })

  it('are made once, and the same each time', async () => {
    const again = temporaryDirectory()
    const [first, second] = [openBenchTables(again, ROWS), openBenchTables(again, ROWS)]
    const paths = await Promise.all([first.groups(), first.groups(), second.groups()])
    expect(new Set(paths).size).toBe(1)
    expect(readdirSync(again)).toHaveLength(1)
    expect(readFileSync(paths[0]).equals(readFileSync(await small.groups()))).toBe(true)
  })
})
