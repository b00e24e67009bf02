/** The suite `pipeline` of the benchmark, at its smallest. */

import { join } from 'node:path'
import { open } from '../../index.js'
import { measureFlatMemory } from '../../native-bench/pipelines/flat-memory.js'
import { measureOverhead } from '../../native-bench/pipelines/overhead.js'
import { duckDbRows } from '../support/cli.js'
import { expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const directory = temporaryDirectory()

it('compares a pipeline with the frame that does the same, and watches the memory of a stream', async () => {
  const lineitem = join(directory, 'lineitem.parquet')
  await duckDbRows(`copy (select i::bigint as l_orderkey, date '2020-01-01' + i::int as l_shipdate,
    1.5::decimal(15,2) as l_quantity, 'AIR' as l_shipmode, 2.5::decimal(15,2) as l_extendedprice,
    (i % 10 / 100)::decimal(15,2) as l_discount from range(100) t(i)) to '${lineitem}'`)
  const engine = await open({ threads: 1 })
  const overhead = await measureOverhead(engine, { rows: 100, runs: 1, lineitem, outputs: directory })
  await engine.close()
  expect([overhead.rowsOut, overhead.frame.length, overhead.pipeline.length]).toEqual([40, 1, 1])

  const output = join(directory, 'stream.parquet')
  const flatMemory = await measureFlatMemory({ rows: 300_000, threads: 1, output })
  expect(await duckDbRows(`select count(*)::int from '${output}'`)).toEqual(
    await duckDbRows(`select count(*)::int from range(${flatMemory.rows}) t(i) where i * 7 % 1000 >= 500`),
  )
  expect(flatMemory.peakBytes).toBeGreaterThan(10e6)
})
