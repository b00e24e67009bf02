import { readdirSync, writeFileSync } from 'node:fs'
import type { RecordBatch } from 'apache-arrow'
import type { FileFormat, LoadMode, TargetDefinition } from '../../../../planner/pipeline/definition.js'
import { describe, expect, it } from '../../../support/jest.js'
import { columns, type Row, StageScene } from '../../../support/stages.js'

const scene = StageScene.forFile()
const ITEMS = columns({ id: 'bigint', name: 'varchar', price: 'decimal(10,2)' })
const EXTENSIONS = { parquet: 'parquet', arrow: 'arrow', csv: 'csv.gz', ndjson: 'ndjson' } as const
const FORMATS = Object.keys(EXTENSIONS) as readonly FileFormat[]

function items(from: number, to: number, name = 'item'): Row[] {
  return Array.from({ length: to - from }, (_, index) => ({
    id: BigInt(from + index),
    name: `${name} ${from + index}`,
    price: index % 4 === 3 ? null : `${from + index}.50`,
  }))
}

function file(path: string, format: FileFormat, mode: LoadMode, key: readonly string[] = []): TargetDefinition {
  return { kind: 'file', path, format, mode, key, options: {} }
}

async function rowsOf(path: string, format: FileFormat): Promise<readonly Row[]> {
  const types = { types: Object.fromEntries(ITEMS.fields.map(({ name, type }) => [name, type])) }
  const options = format === 'csv' || format === 'ndjson' ? types : {}
  const { rows } = await scene.read({ kind: 'file', paths: [path], format, options })
  return [...rows].sort((a, b) => Number((a.id as bigint) - (b.id as bigint)))
}

describe.each(FORMATS)('a file of %s', (format) => {
  const path = (name: string) => `${name}.${EXTENSIONS[format]}`

  it('is replaced, or refused', async () => {
    const name = path('replaced')
    expect(await scene.load(file(name, format, 'fail'), ITEMS, items(0, 3), items(3, 5))).toBe(5)
    await expect(scene.load(file(name, format, 'fail'), ITEMS, items(0, 1))).rejects.toThrow(/exists already/)
    await scene.load(file(name, format, 'replace'), ITEMS, items(7, 9))
    expect(await rowsOf(name, format)).toEqual(items(7, 9))
  })

  it('is added to a directory', async () => {
    const directory = `added-${format}`
    await scene.load(file(directory, format, 'append'), ITEMS, items(0, 3))
    await scene.load(file(directory, format, 'append'), ITEMS, items(3, 4))
    expect(readdirSync(scene.path(directory)).sort()).toEqual([
      `part-00000.${format === 'csv' ? 'csv' : format}`,
      `part-00001.${format === 'csv' ? 'csv' : format}`,
    ])
    expect(await rowsOf(directory, format)).toEqual([...items(0, 3), ...items(3, 4)])
  })

  it('has rows of equal keys replaced', async () => {
    const name = path('upserted')
    const twice = [...items(4, 8, 'old'), ...items(4, 8, 'new')]
    await scene.load(file(name, format, 'upsert', ['id']), ITEMS, items(0, 6))
    expect(await scene.load(file(name, format, 'upsert', ['id']), ITEMS, twice.slice(0, 3), twice.slice(3))).toBe(8)
    expect(await rowsOf(name, format)).toEqual([...items(0, 4), ...items(4, 8, 'new')])
  })
})

describe('files as consumers', () => {
  it('leave nothing behind when they are aborted', async () => {
    for (const mode of ['replace', 'upsert', 'append'] as const) {
      const path = mode === 'append' ? 'aborted' : 'aborted.csv'
      const consumer = await scene.consumer(file(path, 'csv', mode, ['id']))
      await consumer.open(null)
      await scene.write(consumer, ITEMS, items(0, 10))
      await consumer.abort(false)
    }
    const left = readdirSync(scene.directory, { recursive: true }).filter((name) =>
      /\.aborted|part-.*aborted/.test(String(name)),
    )
    expect(left).toEqual([])
    expect(readdirSync(scene.path('aborted'))).toEqual([])
  })

  it('say what an upsert needs', async () => {
    writeFileSync(scene.path('other.csv'), 'id,nam\n1,x\n')
    const upsert = (path: string, key: readonly string[]) =>
      scene.load(file(path, 'csv', 'upsert', key), ITEMS, items(0, 1))
    await expect(upsert('new.csv', [])).rejects.toThrow(/needs a key/)
    await expect(upsert('new.csv', ['idd'])).rejects.toThrow(/no key column idd; did you mean id\?/)
    await expect(upsert('other.csv', ['id'])).rejects.toThrow(/other\.csv/)
    expect(readdirSync(scene.directory).filter((name) => name.includes('volley-tmp'))).toEqual([])
  })
})

describe('functions as consumers', () => {
  it('take records, or batches that stay valid', async () => {
    const records: unknown[] = []
    const batches: RecordBatch[] = []
    const target = (mode: 'record' | 'batch', take: (input: never) => unknown): TargetDefinition => ({
      kind: 'function',
      function: { kind: 'closure', call: take, label: 'take', mode },
    })
    await scene.load(
      target('record', (record) => records.push(record)),
      ITEMS,
      items(0, 2),
      items(2, 3),
    )
    expect(records).toEqual([...items(0, 2), ...items(2, 3)])
    await scene.load(
      target('batch', (batch) => batches.push(batch)),
      ITEMS,
      items(0, 2),
      items(2, 3),
    )
    expect(batches.flatMap((batch) => batch.toArray().map(({ name }) => name))).toEqual(['item 0', 'item 1', 'item 2'])
    const failing = scene.load(
      target('record', () => {
        throw new Error('no')
      }),
      ITEMS,
      items(0, 1),
    )
    await expect(failing).rejects.toMatchObject({ code: 'VOLLEY_USER_FUNCTION', message: 'take failed: no' })
  })
})
