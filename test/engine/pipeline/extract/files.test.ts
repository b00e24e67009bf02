import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { VolleyError } from '../../../../index.js'
import type { FileFormat, SourceDefinition } from '../../../../planner/pipeline/definition.js'
import { describe, expect, it } from '../../../support/jest.js'
import { byDuckDb, StageScene } from '../../../support/stages.js'

const scene = StageScene.forFile()

function files(format: FileFormat, ...paths: string[]): SourceDefinition {
  return { kind: 'file', paths, format, options: {} }
}

const ROWS = `select i::bigint as id, 'name ' || i as name, case when i % 7 = 0 then null else (i / 4.0)::double end as ratio`

async function written(name: string, from: number, to: number, options: string): Promise<string> {
  const path = scene.path(name)
  await byDuckDb(':memory:', `copy (${ROWS} from range(${from}, ${to}) t(i)) to '${path}' (${options})`)
  return path
}

describe('files as producers', () => {
  it('go on behind each batch of Parquet files, row group by row group', async () => {
    await written('a-1.parquet', 0, 5000, 'format parquet, row_group_size 2048')
    await written('a-2.parquet', 5000, 6000, 'format parquet')
    const { rows, positions } = await scene.expectResumable(files('parquet', 'a-*.parquet'), 1000)
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 6000 }, (_, id) => BigInt(id)))
    expect(positions.length).toBe(8)
    expect(rows[6].ratio).toBe(1.5)
  })

  it('go on in the middle of small batches, which are copied', async () => {
    await scene.expectResumable(files('parquet', await written('small.parquet', 0, 95, 'format parquet')), 10)
  })

  it.each(['csv', 'ndjson'] as const)('go on behind each batch of %s files, compressed or not', async (format) => {
    const options = format === 'csv' ? 'format csv, header' : 'format json'
    await written(`b-1.${format}`, 0, 700, options)
    const plain = await written(`b-2.${format}`, 700, 1000, options)
    writeFileSync(`${plain}.gz`, gzipSync(readFileSync(plain)))
    const source = files(format, `b-1.${format}`, `b-2.${format}.gz`)
    const { rows } = await scene.expectResumable(source, 256)
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 1000 }, (_, id) => BigInt(id)))
  })

  it('go on behind each batch of Arrow files', async () => {
    const parquet = await written('c.parquet', 0, 3000, 'format parquet')
    await scene.engine.scanParquet(parquet).sinkArrow(scene.path('c-1.arrow'))
    await scene.engine.scanParquet(parquet).sinkArrow(scene.path('c-2.arrow'))
    const { rows } = await scene.expectResumable(files('arrow', 'c-1.arrow', 'c-2.arrow'), 1000)
    expect(rows.length).toBe(6000)
  })

  it('leave nothing behind when their consumer stops', async () => {
    const path = await written('long.parquet', 0, 20_000, 'format parquet, row_group_size 2048')
    const { rows } = await scene.read(files('parquet', path), { batchRows: 500, most: 3 })
    expect(rows.length).toBeGreaterThan(1000)
  })

  it('say which files are missing or differ', async () => {
    await expect(scene.read(files('parquet', 'none-*.parquet'))).rejects.toThrow(/no file matches/)
    writeFileSync(scene.path('d-1.csv'), 'a,b\n1,2\n')
    writeFileSync(scene.path('d-2.csv'), 'a,c\n1,2\n')
    const failing = scene.read(files('csv', 'd-1.csv', 'd-2.csv'))
    await expect(failing).rejects.toBeInstanceOf(VolleyError)
    await expect(failing).rejects.toThrow(/d-2\.csv/)
  })
})
