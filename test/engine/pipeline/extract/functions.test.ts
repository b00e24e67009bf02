import { makeTable, tableFromArrays } from 'apache-arrow'
import type { FunctionDefinition, SourceDefinition } from '../../../../planner/pipeline/definition.js'
import { describe, expect, it } from '../../../support/jest.js'
import { columns, StageScene } from '../../../support/stages.js'

const scene = StageScene.forFile()
const NUMBERS = columns({ n: 'bigint' })

type Closure = Extract<FunctionDefinition, { kind: 'closure' }>['call']

function calling(
  call: (input: never, context: never) => unknown,
  mode: 'record' | 'batch' = 'record',
): SourceDefinition {
  const definition: FunctionDefinition = { kind: 'closure', call: call as Closure, label: 'make', mode }
  return { kind: 'function', function: definition, schema: null }
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))

describe('functions as producers', () => {
  it('yield records, arrays of them, or return them all', async () => {
    const expected = numbers(5).map(({ n }) => ({ n: BigInt(n) }))
    async function* some() {
      yield { n: 0 }
      yield [{ n: 1 }, { n: 2 }]
      yield null
      yield* [{ n: 3 }, { n: 4 }]
    }
    expect((await scene.read(calling(some))).rows).toEqual(expected)
    expect((await scene.read(calling(() => numbers(5)))).rows).toEqual(expected)
    expect(
      (
        await scene.read(
          calling(async () => numbers(5)),
          { batchRows: 2 },
        )
      ).rows,
    ).toEqual(expected)
  })

  it('yield Arrow batches and tables', async () => {
    const table = tableFromArrays({ n: BigInt64Array.of(1n, 2n) })
    const read = await scene.read(calling(() => [table, table.batches[0]], 'batch'))
    expect(read.rows.map(({ n }) => n)).toEqual([1n, 2n, 1n, 2n])
    const other = makeTable({ m: Float64Array.of(1) })
    await expect(scene.read(calling(() => [table, other], 'batch'))).rejects.toThrow(
      /yielded columns \(m DOUBLE\), expected \(n BIGINT\)/,
    )
  })

  it('go on from a position if they can', async () => {
    async function* pages(_: unknown, { position }: { position: number | null }) {
      for (let start = position ?? 0; start < 20; start += 6) {
        const records = numbers(Math.min(20, start + 6)).slice(start)
        yield { records, position: start + records.length }
      }
    }
    const source = calling(Object.assign(pages, { resumable: true }))
    const { rows, positions } = await scene.expectResumable(source, 4)
    expect(rows.map(({ n }) => n)).toEqual(numbers(20).map(({ n }) => BigInt(n)))
    expect(positions.length).toBeGreaterThanOrEqual(5)
  })

  it('are named when they fail', async () => {
    const failing = calling(() => {
      throw new Error('out of order')
    })
    await expect(scene.read(failing)).rejects.toMatchObject({
      code: 'VOLLEY_USER_FUNCTION',
      message: 'make failed: out of order',
    })
    await expect(scene.read(calling(() => 7))).rejects.toThrow(/must return an iterable or async iterable, not 7/)
  })
})

describe('records and frames as producers', () => {
  it('go on behind each batch of an array', async () => {
    const source: SourceDefinition = { kind: 'records', records: numbers(500), schema: NUMBERS }
    expect((await scene.expectResumable(source, 128)).rows.length).toBe(500)
  })

  it('read what iterables and functions give', async () => {
    function* some() {
      yield* numbers(3)
    }
    expect((await scene.read({ kind: 'records', records: some, schema: null })).rows.length).toBe(3)
    expect((await scene.read({ kind: 'records', records: some(), schema: null })).rows.length).toBe(3)
  })

  it('read what a frame gives', async () => {
    const frame = scene.engine.fromRecords(numbers(300)).filter('n % 2 = 0').sort('n')
    // Threads that work for the first time keep some memory for themselves.
    await frame.collect()
    const { rows } = await scene.read({ kind: 'frame', frame }, { batchRows: 64 })
    expect(rows.map(({ n }) => n)).toEqual(numbers(150).map(({ n }) => BigInt(2 * n)))
  })
})
