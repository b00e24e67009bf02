import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { ResultStream } from '../../../io/duckdb/result-stream.js'
import { run, Session } from '../../../io/duckdb/session.js'
import { readValue } from '../../../io/values.js'
import { field, INT64, schemaOf, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { collectGarbage } from '../../support/scene.js'

const memory = SharedMemory.create(64 << 20)
const schema = schemaOf([field('i', INT64), field('text', UTF8)])

describe('the result of a query', () => {
  it('stays whole while what is left of a chunk waits for the next batch', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'volley-result-'))
    const session = await Session.open({ memoryLimitBytes: 200e6, threads: 1, directory })
    try {
      const sql = "select i, i || repeat(' and so on', 30) as text from range(20000) t(i)"
      const target = { memory: memory.views, allocate: memory.allocate, release: memory.release, batchRows: 777 }
      const other = await session.connect()
      const stream = await ResultStream.start(await session.connect(), sql, schema, target)
      let rows = 0
      for (let batch = await stream.next(); batch !== null; batch = await stream.next()) {
        const [numbers, texts] = batch.columns
        for (let row = 0; row < batch.length; row++, rows++) {
          const found = [readValue(memory.views, numbers, row), readValue(memory.views, texts, row)]
          expect(found).toEqual([BigInt(rows), `${rows}${' and so on'.repeat(30)}`])
        }
        for (const { blocks } of batch.columns) for (const block of blocks) memory.release(block)
        await collectGarbage()
        // Takes the memory that has become free.
        await run(other, "create or replace table t as select repeat('other', 60) || i as text from range(20000) t(i)")
      }
      expect(rows).toBe(20_000)
      stream.close()
    } finally {
      session.close()
      rmSync(directory, { recursive: true })
    }
  })
})
