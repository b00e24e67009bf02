/** Batches that a function at the end of a stream has looked at, and dropped. */

import { writeFileSync } from 'node:fs'
import { describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'

/** A gigabyte beside what the process has come to use. */
const scene = Scene.forFile({ threads: 1, memoryLimit: process.memoryUsage.rss() + 1e9 })

const BATCHES = 400
const ROWS = 64_000
/** Of the two columns of a batch. */
const BYTES = BATCHES * ROWS * 16

const MODULE = `
import { Table, makeVector } from '${import.meta.resolve('apache-arrow')}'
export const seen = { batches: 0, rows: 0, look: () => {} }
export function* many({ batches, rows }) {
  const table = new Table({ a: makeVector(new Float64Array(rows)), b: makeVector(new Float64Array(rows)) })
  for (let i = 0; i < batches; i++) yield table.batches[0]
}
export function take(batch) {
  seen.batches++
  seen.rows += batch.numRows
  seen.look()
}`

describe('a function that takes batches', () => {
  it('holds no more of a stream than it keeps, however long that is', async () => {
    const module = scene.path('taking.mjs')
    writeFileSync(module, MODULE)
    const { seen } = (await import(module)) as { seen: { batches: number; rows: number; look: () => void } }
    let mostLeased = 0
    seen.look = () => {
      mostLeased = Math.max(mostLeased, scene.engine.memoryUsage().leasedBytes)
    }
    await scene.engine
      .pipeline({
        mode: 'streaming',
        batchSize: ROWS,
        stages: [
          { id: 'many', source: { module, function: 'many', mode: 'batch', kwargs: { batches: BATCHES, rows: ROWS } } },
          { id: 'taken', from: 'many', target: { module, function: 'take', mode: 'batch' } },
        ],
      })
      .run()
    expect([seen.batches, seen.rows]).toEqual([BATCHES, BATCHES * ROWS])
    expect(mostLeased).toBeLessThan(BYTES * 0.75)
  })
})
