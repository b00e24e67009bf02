import { join } from 'node:path'
import { firstDifference } from '../../native-bench/answers.js'
import { arqueroAnswer } from '../../native-bench/engines/arquero.js'
import { loadColumns } from '../../native-bench/engines/columns.js'
import { duckDbAnswer } from '../../native-bench/engines/duckdb.js'
import { loadRecords, recordsAnswer } from '../../native-bench/engines/records.js'
import { volleyAnswer } from '../../native-bench/engines/volley.js'
import { lazyEngines } from '../../native-bench/races/field.js'
import { afterAll, beforeAll, describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const COLUMNS = ['id', 'price', 'share', 'day', 'mode', 'gap']
const engines = lazyEngines(1, 2 ** 28)
const path = join(temporaryDirectory(), 'table.parquet')

beforeAll(async () => {
  // Three row groups; prices whose unscaled value times 0.01 is not the nearest number to them.
  await (await engines.duckdb()).query(`copy (
    select i::bigint as id, (i * 0.35)::decimal(15,2) as price, i / 7 as share, date '1995-01-30' + i::integer as day,
      ['AIR', 'RAIL', 'SHIP'][1 + i % 3] as mode, case when i % 3 > 0 then i::integer end as gap
    from range(5000) t(i)) to '${path}' (format parquet, compression zstd, row_group_size 2048)`)
})

afterAll(() => engines.close())

const reference = async () => duckDbAnswer(await (await engines.duckdb()).query(`from '${path}'`))

describe('tables of engines without a Parquet reader', () => {
  it('are the same in Arquero', async () => {
    const table = await (await engines.arquero()).load(path, COLUMNS)
    expect(firstDifference(await reference(), arqueroAnswer(table))).toBeNull()
  })

  it('are answered in the order and selection of Arquero', async () => {
    const { load, aq } = await engines.arquero()
    const table = (await load(path, ['id', 'mode']))
      .filter(aq.escape((row: { mode: string }) => row.mode === 'RAIL'))
      .orderby(aq.desc('id'))
    expect(arqueroAnswer(table).slice(0, 2)).toEqual([
      ['4999', 'RAIL'],
      ['4996', 'RAIL'],
    ])
  })

  it('are the same as records', async () => {
    const records = await loadRecords(path, COLUMNS)
    expect(firstDifference(await reference(), recordsAnswer(records, COLUMNS))).toBeNull()
  })

  it('have the nearest number to a decimal, and typed arrays where nothing is null', async () => {
    const columns = await loadColumns(path, ['gap', 'price'])
    expect(Object.keys(columns)).toEqual(['gap', 'price'])
    expect(columns.price.slice(0, 4)).toEqual(new Float64Array([0, 0.35, 0.7, 1.05]))
    expect(columns.gap.slice(0, 3)).toEqual([null, 1, 2])
  })
})

describe('codecs', () => {
  it('read row group by row group', async () => {
    const rows: number[] = []
    const answers: unknown[] = []
    for await (const table of (await engines.parquetWasm()).read(path, ['id', 'price', 'mode'])) {
      rows.push(table.numRows)
      answers.push(...volleyAnswer(table))
    }
    expect(rows).toEqual([2048, 2048, 904])
    expect(answers[3]).toEqual(['3', '1.05', 'AIR'])
    const chunks: number[] = []
    await (await engines.hyparquet()).read(path, ['mode'], ({ row, values }) => chunks.push(row, values.length))
    expect(chunks).toEqual([0, 2048, 2048, 2048, 4096, 904])
  })
})
