/** What is misspelled or of the wrong kind is refused at once: ignored in silence, it would change the result. */

import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import {
  type ColumnTypes,
  col,
  type EngineOptions,
  lit,
  type MapOptions,
  type OverOptions,
  open,
  type SortTerm,
  sum,
} from '../../index.js'
import { expect, it } from '../support/jest.js'
import { failure, Scene } from '../support/scene.js'

const scene = Scene.forFile({ threads: 1 })

const refused = async (work: () => unknown, message: RegExp): Promise<void> => {
  const error = await failure(async () => work())
  expect([error.code, error.message]).toEqual(['VOLLEY_INVALID_ARGUMENT', expect.stringMatching(message)])
}

it('options that do not exist are refused, with the nearest that does', async () => {
  const { engine } = scene
  const frame = engine.fromRecords([{ a: 1 }])
  await refused(() => open({ thread: 1 } as EngineOptions), /open has no option 'thread'; did you mean 'threads'/)
  await refused(() => engine.scanCsv('a.csv', { delim: ';' } as object), /scanCsv has no option 'delim'/)
  await refused(() => engine.scanNdjson('a.ndjson', { type: {} } as object), /did you mean 'types'/)
  await refused(() => engine.scanParquet('a.parquet', { hive: true } as object), /scanParquet has no option 'hive'/)
  await refused(() => frame.sort({ by: 'a', desc: true } as SortTerm), /a term of a sort has no option 'desc'/)
  await refused(() => frame.sort(undefined as unknown as SortTerm), /a term of a sort takes an object, not undefined/)
  await refused(() => sum('a').over({ partition: 'a' } as OverOptions), /over has no option 'partition'/)
  const map = { schema: { a: 'int32' }, kwargs: {} } as MapOptions
  await refused(() => frame.mapRows((row) => row, map), /mapRows has no option 'kwargs'/)
})

it('values of the wrong kind are refused', async () => {
  const { engine } = scene
  await refused(
    () => open({ memoryLimit: 'much' }),
    /memoryLimit is a number of bytes, or text such as '512MB', not 'much'/,
  )
  await refused(() => open({ memoryLimit: Number.NaN }), /memoryLimit is a number of bytes, .* not NaN/)
  await refused(() => open({ memoryLimit: '1MB' }), /memoryLimit is at least 16 MiB, not '1MB'/)
  await refused(() => engine.fromRecords(5 as unknown as []), /fromRecords takes an iterable or async iterable/)
  await refused(() => engine.fromRecords('text'), /fromRecords takes an iterable or async iterable/)
  await refused(() => engine.scanCsv('a.csv', { types: { a: 'int33' } }), /there is no type named "int33"/)
  await refused(() => engine.scanCsv('a.csv', { types: 'int' as unknown as ColumnTypes }), /types names a type/)
  const frame = engine.fromRecords([{ a: 1 }])
  const nothing = undefined as unknown as string
  await refused(() => col(nothing), /col takes the name of a column, not undefined/)
  await refused(() => col('a').cast(5 as unknown as string), /cast takes a type or its name, not 5/)
  await refused(() => engine.sql('from t', null as unknown as Record<string, string>), /tables of a query/)
  const map = { schema: { a: 'int32' } }
  await refused(() => frame.mapRows(5 as unknown as () => null, map), /a map takes a function or { module, function }/)
  await refused(() => engine.scanCsv('a.csv', { sampleRows: 0 }), /sampleRows is a whole number from 1/)
})

it('an error of onProgress is that of a user function', async () => {
  const fail = () => {
    throw new TypeError('mine')
  }
  const error = await failure(() => scene.engine.fromRecords([{ a: 1 }]).count({ onProgress: fail }))
  expect([error.code, error.message]).toEqual(['VOLLEY_USER_FUNCTION', 'onProgress failed: mine'])
  expect(error.cause).toBeInstanceOf(TypeError)
})

it('types of text files are given by name', async () => {
  const { engine } = scene
  writeFileSync(scene.path('types.csv'), 'id,price\n007,1.50\n')
  writeFileSync(scene.path('types.ndjson'), '{"id":7,"price":"1.50"}\n')
  const types = { id: 'varchar', price: 'decimal(10,2)' }
  const csv = await engine.scanCsv(scene.path('types.csv'), { types }).schema()
  expect(csv.fields.map((field) => String(field.type))).toEqual(['Utf8', 'Decimal[10e+2]'])
  const ndjson = engine.scanNdjson(scene.path('types.ndjson'), { types: { id: 'int16', price: 'decimal(10,2)' } })
  for await (const row of ndjson.rows()) expect(row).toEqual({ id: 7, price: '1.50' })
})

it('a printed engine or frame is a few lines', () => {
  const frame = scene.engine.fromRecords([{ a: 1 }]).filter(col('a').gt(lit(0)))
  expect(inspect(scene.engine).length).toBeLessThan(100)
  expect(inspect(frame).split('\n').length).toBeLessThan(30)
  expect(() => JSON.stringify(frame)).not.toThrow()
})
