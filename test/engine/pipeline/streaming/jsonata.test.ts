/** JSONata in a stream, where the first batch says which columns there are. */

import type { TransformMapping } from '../../../../planner/pipeline/specification.js'
import { describe, expect, it } from '../../../support/jest.js'
import { failure } from '../../../support/scene.js'
import { query, StreamScene } from '../../../support/streaming.js'

const scene = StreamScene.forFile()

const records = Array.from({ length: 10 }, (_, i) => ({ id: i, name: `n${i}`, price: i / 2, tags: [{ a: i }] }))

/** What comes of the records in batches of four, as a file has it. */
async function streamed(jsonata: TransformMapping['jsonata'], more: object = {}): Promise<Record<string, unknown>[]> {
  await scene.run({
    batchSize: 4,
    stages: [
      { id: 'records', source: records },
      { id: 'made', from: 'records', transform: [{ filter: 'id >= 0' }, { jsonata }], ...more },
      { id: 'end', from: 'made', target: { path: 'made.parquet', mode: 'replace' } },
    ],
  })
  return query(`from '${scene.path('made.parquet')}'`)
}

describe('JSONata without a schema', () => {
  it.each(['threads', 'inline', 'actor'] as const)(
    'has the columns that the first batch gives: %s',
    async (placement) => {
      expect(await streamed('{ "id": id, "label": $uppercase(name), "half": price * 0.5 }', { placement })).toEqual(
        records.map(({ id, name, price }) => ({ id: String(id), label: name.toUpperCase(), half: price * 0.5 })),
      )
    },
  )

  it('sees each batch as a list, and what is nested', async () => {
    expect(await streamed({ expression: '{ "n": $count($), "sum": $sum(id) }', mode: 'batch' })).toEqual([
      { n: '4', sum: '6' },
      { n: '4', sum: '22' },
      { n: '2', sum: '17' },
    ])
    expect(await streamed('tags.{ "a": a }')).toEqual(records.map(({ id }) => ({ a: String(id) })))
  })

  it('refuses a later record of another type', async () => {
    const error = await failure(() => streamed('{ "id": id < 6 ? id : id + 0.5 }'))
    expect(error.code).toBe('VOLLEY_BAD_RECORD')
    expect(error.message).toMatch(/stage made: column id, .*expected BIGINT, got 6.5/)
  })

  it('refuses a field that the first batch lacked, rather than lose it', async () => {
    const error = await failure(() => streamed('id < 6 ? { "id": id } : { "id": id, "more": 1 }'))
    expect(error.message).toMatch(/a field 'more' that the first records lacked \(id\): declare a schema/)
    const expression = 'id < 6 ? { "id": id } : { "id": id, "more": 1 }'
    expect(await streamed({ expression, schema: { id: 'int32', more: 'int32' } })).toEqual(
      records.map(({ id }) => ({ id, more: id < 6 ? null : 1 })),
    )
  })

  it('says why where the first batch gives nothing', async () => {
    const none = await failure(() => streamed('id > 6 ? { "id": id }'))
    expect(none.message).toMatch(/JSONata gave no records for the first 4 of the input, .*declare a schema/)
    const failing = await failure(() => streamed('{ "a": $uppercase(id) }'))
    expect(failing.message).toMatch(
      /first 4 of the input \(JSONata: Argument 1 of function "uppercase".*declare a schema/,
    )
  })

  it('leaves records that fail to the dead letters, the first one too', async () => {
    const expression = '{ "id": id, "label": $uppercase(id in [0, 5] ? id : name) }'
    const made = await streamed(expression, { errors: { deadLetters: 'letters.parquet' } })
    expect(made.map(({ id }) => Number(id))).toEqual([1, 2, 3, 4, 6, 7, 8, 9])
    expect(await query(`select count(*)::int as n from '${scene.path('letters.parquet')}'`)).toEqual([{ n: 2 }])
  })
})
