import { createHash } from 'node:crypto'
import type * as arrow from 'apache-arrow'
import type { Engine } from '../../../index.js'
import { afterEach, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun, temporaryDirectory } from '../../support/parquet-files.js'
import { collectGarbage, eventually, modulePath, resultsDropped } from '../../support/scene.js'
import { openWithSharedMemory } from '../../support/small-memory.js'

const input = `${temporaryDirectory()}/input.parquet`
const ROWS = 20_000
const schema = { i: 'int64', d: 'decimal(12, 2)', text: 'utf8' }

beforeAll(async () => {
  await duckdbRun(`copy (select i, (i / 4)::decimal(12, 2) as d, if(i % 7 = 0, null, 'text ' || i) as text
    from range(${ROWS}) t(i)) to '${input}' (row_group_size 4096)`)
})

const opened: Engine[] = []
async function engine(): Promise<Engine> {
  const one = openWithSharedMemory(64e6, { threads: 2 })
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** Other work that takes and returns thousands of blocks. */
async function churn(on: Engine, runs: number): Promise<void> {
  for (let i = 0; i < runs; i++) {
    const table = on.scanParquet(input)
    await table
      .filter(`i % 3 = ${i % 3}`)
      .withColumns({ i: 'i + 1000000' })
      .sort('text')
      .collect()
    await table.mapBatches({ module: modulePath('faulty.mjs'), function: 'identity' }, { schema }).count()
  }
}

/** Results of every kind of operator, as they are handed out. */
async function results(on: Engine): Promise<arrow.RecordBatch[]> {
  const table = on.scanParquet(input)
  const other = table.select('i as j', 'text as other')
  const frames = [
    table,
    table.filter('i % 2 = 0').withColumns({ twice: 'i * 2', upper: 'upper(text)' }),
    table.sort({ by: 'i', descending: true }).limit(5000, 17),
    table.groupBy('i % 100').agg({ total: 'sum(d)', longest: 'max(text)' }),
    table.join(other, { leftOn: ['i'], rightOn: ['j'] }),
    table.withColumns({ before: 'lag(text) over (order by i)' }),
    table.mapBatches({ module: modulePath('faulty.mjs'), function: 'identity' }, { schema }),
    table.mapRows((row) => row, { schema }),
    on.fromRecords([{ a: 1, b: 'x' }]),
  ]
  const batches: arrow.RecordBatch[] = []
  for (const frame of frames) {
    batches.push(...(await frame.collect()).batches)
    for await (const batch of frame.stream()) batches.push(batch)
  }
  return batches
}

/** Hashes of all bytes that the views of batches show. */
function contents(batches: readonly arrow.RecordBatch[]): string[] {
  return batches.map((batch) => {
    const hash = createHash('sha1')
    for (const { nullBitmap, valueOffsets, values } of batch.data.children) {
      for (const view of [nullBitmap, valueOffsets, values]) {
        if (ArrayBuffer.isView(view)) hash.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
      }
    }
    return hash.digest('hex')
  })
}

describe('results in the hands of the user', () => {
  it('stay as they were while other runs take and return blocks, and after the engine was closed', async () => {
    const one = await engine()
    const batches = await results(one)
    const expected = contents(batches)
    await churn(one, 5)
    await collectGarbage()
    await churn(one, 5)
    expect(contents(batches)).toEqual(expected)
    await one.close()
    await collectGarbage()
    expect(contents(batches)).toEqual(expected)
  })

  it('live on in a part of one of their arrays', async () => {
    const one = await engine()
    const part = await (async () => {
      const table = await one.scanParquet(input).select('i').collect()
      const values = table.batches[1].getChild('i')?.toArray() as BigInt64Array
      return values.subarray(10, 20).subarray(5)
    })()
    const expected = Array.from({ length: 5 }, (_, i) => BigInt(4096 + 15 + i))
    await collectGarbage()
    await churn(one, 5)
    await collectGarbage()
    expect([...part]).toEqual(expected)
    // The part keeps its own block and no other.
    await eventually(() => one.memoryUsage().leasedBytes < ROWS * 8)
    expect(one.memoryUsage().leasedBytes).toBeGreaterThanOrEqual(4096 * 8)
    await one.close()
    await collectGarbage()
    expect([...part]).toEqual(expected)
  })

  it('give their blocks back when they are dropped', async () => {
    const one = await engine()
    const holder: { batches: arrow.RecordBatch[] } = { batches: [] }
    const take = async () => {
      holder.batches = await results(one)
      expect(holder.batches.length).toBeGreaterThan(10)
    }
    await take()
    holder.batches = []
    await resultsDropped(one)
    const { usedBytes } = one.memoryUsage()
    await take()
    await collectGarbage()
    const held = one.memoryUsage()
    expect(held.leasedBytes).toBeGreaterThan(1 << 20)
    expect(held.usedBytes).toBeGreaterThan(usedBytes + (1 << 20))
    holder.batches = []
    await resultsDropped(one)
    expect(one.memoryUsage().usedBytes).toBeLessThan(held.usedBytes - (1 << 20))
  })

  it('are not counted against the memory once they are garbage, however small the garbage looks', async () => {
    const one = await engine()
    // Several times the memory there is, in views of a few bytes each.
    for (let i = 0; i < 200; i++) {
      const result = await one.scanParquet(input).collect()
      expect(result.numRows).toBe(ROWS)
    }
  })

  it('can feed another query while they are held', async () => {
    const one = await engine()
    const table = await one.scanParquet(input).filter('i < 1000').collect()
    const again = one.fromArrow(table)
    expect(await again.filter('text is null').count()).toBe(143)
    await churn(one, 5)
    expect(await again.filter('text is null').count()).toBe(143)
    expect(table.get(999)?.i).toBe(999n)
  })
})
