/** Sorts of wide rows, of more than the shared memory holds. */

import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun, temporaryDirectory } from '../../support/parquet-files.js'
import { openWithSharedMemory } from '../../support/small-memory.js'

const SHARED_BYTES = 24e6
const ROWS = 122_880
/** Each is a run. As values have no order, the runs are alike: what a merge comes to in one, it comes to in all. */
const RUN_ROWS = 2048
const directory = temporaryDirectory()
const spill = join(directory, 'spill')
const path = join(directory, 'wide.parquet')
mkdirSync(spill)

let engine: Engine

beforeAll(async () => {
  await duckdbRun(
    `copy (select (hash(i) >> 1)::bigint as k, i, repeat(chr((97 + i % 26)::integer), 200 + (i % 57)::integer) as text
      from (select i::bigint as i from range(${ROWS}) t(i))) to '${path}' (format parquet, row_group_size ${RUN_ROWS})`,
  )
  engine = openWithSharedMemory(SHARED_BYTES, { threads: 2, tempDirectory: spill })
})

afterAll(() => engine.close())

describe('a sort of more than the shared memory holds', () => {
  it('merges sixty runs that are alike', async () => {
    const frame = engine.scanParquet(path).sort('k')
    let [rows, sum, previous] = [0, 0, -(2n ** 63n)]
    for await (const batch of frame.stream({ strategy: 'bulk', switchAtMorsel: 0 })) {
      const [keys, places, texts] = ['k', 'i', 'text'].map((name) => batch.getChild(name)!)
      for (let row = 0; row < batch.numRows; row++) {
        const [key, place, text] = [keys.get(row) as bigint, Number(places.get(row)), String(texts.get(row))]
        if (key < previous) throw new Error(`row ${rows + row}: ${key} comes after ${previous}`)
        previous = key
        sum += place
        const letter = String.fromCharCode(97 + (place % 26))
        if (text.length !== 200 + (place % 57) || text[0] !== letter) throw new Error(`row ${place} has ${text}`)
      }
      rows += batch.numRows
    }
    expect([rows, sum]).toEqual([ROWS, (ROWS * (ROWS - 1)) / 2])
    expect(readdirSync(spill)).toEqual([])
  })
})
