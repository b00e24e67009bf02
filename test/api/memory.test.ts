/** A limit on memory that is smaller than the table, and than what the threads would like to have in flight. */

import { beforeAll, expect, it } from '../support/jest.js'
import { duckdbRun } from '../support/parquet-files.js'
import { Scene } from '../support/scene.js'
import { openWithSharedMemory } from '../support/small-memory.js'

const ROWS = 480_000
const scene = Scene.forFile()
const input = scene.path('wide.parquet')

beforeAll(async () => {
  const columns = Array.from({ length: 8 }, (_, i) => `(hash(i + ${i}) & 1048575)::bigint as c${i}`)
  await duckdbRun(`copy (select ${columns.join(', ')} from range(${ROWS}) t(i)) to '${input}' (row_group_size 80000)`)
})

it('lets row groups stream from Parquet to Parquet, whatever the number of threads', async () => {
  for (const threads of [1, 2, 4]) {
    const engine = openWithSharedMemory(20e6, { threads })
    try {
      const out = scene.path(`out-${threads}.parquet`)
      const report = await engine.scanParquet(input).withColumns({ sum: 'c0 + c1' }).sinkParquet(out)
      expect([report.rowsIn, report.rowsOut]).toEqual([ROWS, ROWS])
      expect(await engine.scanParquet(out).filter('sum <> c0 + c1').count()).toBe(0)
    } finally {
      await engine.close()
    }
  }
})
