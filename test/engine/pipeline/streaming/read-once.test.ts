/** What feeds a table and a stream of the same pipeline is read once for both. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PipelineSpecification } from '../../../../index.js'
import { anotherCut } from '../../../support/checkpoints.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'
import { query } from '../../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })
const PAGES = 6
const PAGE_ROWS = 50
let server: Server
const asked: number[] = []
let isBroken = false

beforeAll(async () => {
  server = createServer((request, response) => {
    const page = Number(new URL(request.url ?? '/', 'http://api').searchParams.get('page'))
    asked.push(page)
    if (isBroken && page === PAGES) {
      response.statusCode = 400
      response.end()
      return
    }
    const count = page > PAGES ? 0 : PAGE_ROWS
    const first = (page - 1) * PAGE_ROWS
    response.end(JSON.stringify(Array.from({ length: count }, (_, row) => ({ id: first + row, parent: row }))))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const JOIN = 'select i.id, p.id as parent from input i join people p on i.parent = p.id'

function people(name: string): PipelineSpecification {
  const { port } = server.address() as AddressInfo
  return {
    name,
    directory: scene.directory,
    mode: 'streaming',
    batchSize: 64,
    stages: [
      {
        id: 'people',
        source: {
          url: `http://127.0.0.1:${port}/`,
          pagination: { type: 'page', parameter: 'page', first: 1 },
          schema: { id: 'int64', parent: 'int64' },
        },
      },
      { id: 'joined', kind: 'processor', from: 'people', tables: { people: 'people' }, transform: { sql: JOIN } },
      { id: 'out', from: 'joined', target: { path: `${name}.parquet`, mode: 'replace' } },
    ],
  } as PipelineSpecification
}

const PAGES_ASKED = Array.from({ length: PAGES + 1 }, (_, page) => page + 1)
const found = (name: string) =>
  query(`select count(*)::int as n, sum(id)::int as ids, max(parent)::int as parent from '${scene.path(name)}'`)
const ALL = [{ n: 300, ids: 44_850, parent: 49 }]

describe('a source that feeds a table and a stream', () => {
  it('of pages is asked for each page once', async () => {
    asked.length = 0
    const { status } = await scene.engine.pipeline(people('once')).run()
    expect(status).toBe('done')
    expect(asked).toEqual(PAGES_ASKED)
    expect(await found('once.parquet')).toEqual(ALL)
  })

  it('is read once by a job, too, and once more by one that goes on', async () => {
    asked.length = 0
    const given = { checkpoint: 'once', checkpointEvery: { batches: 2 } }
    isBroken = true
    await expect(scene.engine.pipeline(people('job')).run(given)).rejects.toMatchObject({ code: 'VOLLEY_HTTP' })
    isBroken = false
    asked.length = 0
    const { status } = await scene.engine.pipeline(people('job')).run({ ...given, resume: true })
    expect(status).toBe('done')
    expect(asked).toEqual(PAGES_ASKED)
    expect(await found('job.parquet')).toEqual(ALL)
  })

  it('that goes on in the middle finds its place in what was read for the table', async () => {
    let isFailing = true
    const call = async (row: { id: bigint }) => {
      if (!isFailing || row.id !== 250n) return row
      await anotherCut(scene.directory, 'middle', null)
      throw new Error('stop')
    }
    const made = people('middle') as unknown as { stages: object[] }
    const [first, joined, out] = made.stages
    const transform = { function: { call, schema: { id: 'int64', parent: 'int64' } } }
    const checked = { id: 'checked', kind: 'processor', from: 'joined', placement: 'inline', transform }
    const run = { ...made, stages: [first, joined, checked, { ...out, from: 'checked' }] } as never
    const given = { checkpoint: 'middle', checkpointEvery: { batches: 1 } }
    await expect(scene.engine.pipeline(run).run(given)).rejects.toThrow(/stop/)
    isFailing = false
    asked.length = 0
    const { checkpoint } = await scene.engine.pipeline(run).run({ ...given, resume: true })
    expect(checkpoint?.resumedFrom?.rowsExtracted).toBeGreaterThan(0)
    expect(asked).toEqual(PAGES_ASKED)
    expect(await found('middle.parquet')).toEqual(ALL)
  })

  it('may be an iterable that can be read but once', async () => {
    function* rows() {
      for (let id = 0; id < 300; id++) yield { id, parent: id % 50 }
    }
    const one = people('iterable') as unknown as { stages: object[] }
    const stages = [{ id: 'people', source: rows() }, ...one.stages.slice(1)]
    await scene.engine.pipeline({ ...one, stages } as unknown as PipelineSpecification).run()
    expect(await found('iterable.parquet')).toEqual(ALL)
  })
})
