import { NO_ROW, releaseVector, take } from '../../../engine/kernels/vectors.js'
import { CrossProbe, type JoinPairs, type ProbeKind } from '../../../engine/operators/join/pairs.js'
import { JoinTable } from '../../../engine/operators/join.js'
import { type DataType, FLOAT64, field, INT32, INT64, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from './random-columns.js'
import { type Column, columnVector, type Form, operatorScene } from './tables.js'

const { memory, context, judge } = operatorScene()

const LEFT_ROWS = 400
const RIGHT_ROWS = 150

type Pair = readonly [probe: number | null, build: number | null]

function collect(next: () => JoinPairs | null): Pair[] {
  const { u32 } = memory.views
  const row = (value: number) => (value === NO_ROW ? null : value)
  const pairs: Pair[] = []
  for (let part = next(); part !== null; part = next()) {
    for (let i = 0; i < part.count; i++) pairs.push([u32[part.probe / 4 + i], row(u32[part.build / 4 + i])])
  }
  return pairs
}

/** Pairs of `id`s by DuckDB, in order of the left side and then of the right. */
async function expectedPairs(join: string, columns: string, keys: readonly string[]): Promise<Pair[]> {
  const on = keys.map((key) => `l.${key} = r.${key}`).join(' and ')
  const rows = await judge.rows(`select ${columns} from l ${join} join r on ${on} order by all nulls last`)
  return rows.map(
    ([probe, build]) =>
      [probe, build ?? null].map((id) => (id === null ? null : Number(id))) as [number | null, number | null],
  )
}

interface Sides {
  readonly left: readonly Column[]
  readonly right: readonly Column[]
  readonly leftForms?: Readonly<Record<string, Form>>
  readonly rightForms?: Readonly<Record<string, Form>>
}

async function check({ left, right, leftForms = {}, rightForms = {} }: Sides): Promise<void> {
  const withIds = (columns: readonly Column[]): Column[] => [
    { name: 'id', type: INT32, values: columns[0].values.map((_, row) => row) },
    ...columns,
  ]
  await judge.table('l', withIds(left))
  await judge.table('r', withIds(right))
  const names = left.map((column) => column.name)
  const rows = right[0].values.length
  context.freeScratch()
  const before = memory.statistics().blocks
  const build = right.map((column) => columnVector(context, column, rightForms[column.name]))
  const table = JoinTable.create(context, { trackMatches: true }, build, rows)
  for (const vector of build) releaseVector(memory, vector)
  // In three shares, out of order, as workers would.
  for (const [start, end] of [
    [Math.floor(rows / 2), rows],
    [0, Math.floor(rows / 3)],
    [Math.floor(rows / 3), Math.floor(rows / 2)],
  ]) {
    JoinTable.attach(context, table.address).insertRange(start, end - start)
  }
  const probe = left.map((column) => columnVector(context, column, leftForms[column.name]))
  const pairs = (kind: ProbeKind) => probeSlices(table.address, probe, left[0].values.length, kind)
  expect(pairs('inner')).toEqual(await expectedPairs('inner', 'l.id, r.id', names))
  expect(pairs('left')).toEqual(await expectedPairs('left', 'l.id, r.id', names))
  expect(pairs('semi').map(([id]) => [id, null])).toEqual(await expectedPairs('semi', 'l.id', names))
  expect(pairs('anti')).toEqual(await expectedPairs('anti', 'l.id', names))
  const unmatched = table.unmatchedBuild(0, rows)
  const outer = await expectedPairs('right', 'l.id, r.id', names)
  const expected = outer.filter(([id]) => id === null).map(([, id]) => id)
  expect([...memory.views.u32.subarray(unmatched.indices / 4, unmatched.indices / 4 + unmatched.count)]).toEqual(
    expected,
  )
  expect(table.bytes).toBeGreaterThan(0)
  table.release()
  for (const vector of probe) releaseVector(memory, vector)
  context.freeScratch()
  expect(memory.statistics().blocks).toBe(before)
}

function probeSlices(address: number, keys: Parameters<typeof take>[1][], rows: number, kind: ProbeKind): Pair[] {
  const sliceRows = 170
  const result: Pair[] = []
  const table = JoinTable.attach(context, address)
  for (let start = 0; start < rows; start += sliceRows) {
    const count = Math.min(sliceRows, rows - start)
    const indices = context.scratch(count * 4)
    context.wasm.take_sequence(start, count, indices)
    const slices = keys.map((key) => take(context, key, indices, count))
    const probe = table.probe(slices, count, kind)
    // Small and uneven limits: parts end within rows of many matches.
    let limit = 1
    const pairs = collect(() => {
      limit = (limit * 5) % 23
      return probe.next(limit)
    })
    result.push(...pairs.map(([row, build]): Pair => [row! + start, build]))
  }
  return result
}

describe('joins on one key', () => {
  SORTABLE_TYPES.forEach((type, seed) => {
    it(`of ${JSON.stringify(type)}`, async () => {
      const left = [randomColumn('k', type, LEFT_ROWS, seed, 60)]
      const right = [randomColumn('k', type, RIGHT_ROWS, seed + 500, 90)]
      const wide = type.kind === 'decimal' ? 'wide' : 'plain'
      await check({ left, right, leftForms: { k: wide } })
      if (type.kind === 'utf8') {
        await check({ left, right, leftForms: { k: 'dictionary' } })
        await check({ left, right, leftForms: { k: 'dictionary' }, rightForms: { k: 'dictionary' } })
        await check({ left, right, rightForms: { k: 'dictionary' } })
      }
    })
  })

  it('of keys in a small range and of sparse ones', async () => {
    for (const factor of [1, 1_000_003]) {
      const right = [
        { name: 'k', type: INT64, values: Array.from({ length: 100 }, (_, i) => BigInt((i % 70) * factor)) },
      ]
      const left = [
        { name: 'k', type: INT64, values: Array.from({ length: 300 }, (_, i) => BigInt((i - 50) * factor)) },
      ]
      await check({ left, right })
    }
  })

  it('of lists', async () => {
    const type: DataType = { kind: 'list', element: field('item', INT32) }
    const lists = (rows: number, step: number) =>
      Array.from({ length: rows }, (_, i) => (i % 9 === 0 ? null : i % 4 === 0 ? [] : [(i * step) % 5]))
    await check({
      left: [{ name: 'k', type, values: lists(60, 3) }],
      right: [{ name: 'k', type, values: lists(40, 7) }],
    })
  })
})

describe('joins on several keys', () => {
  it('of strings, floats and integers', async () => {
    const columns = (rows: number, seed: number) => [
      randomColumn('a', UTF8, rows, seed, 4),
      randomColumn('b', FLOAT64, rows, seed + 1, 3),
      randomColumn('c', INT32, rows, seed + 2, 3),
      randomColumn('d', UTF8, rows, seed + 3, 2),
    ]
    const [left, right] = [columns(LEFT_ROWS, 1), columns(RIGHT_ROWS, 50)]
    await check({ left, right, leftForms: { a: 'dictionary' } })
    await check({ left: left.slice(0, 2), right: right.slice(0, 2), rightForms: { a: 'dictionary' } })
    await check({ left: left.slice(2), right: right.slice(2) })
  })
})

describe('joins with an empty side, or of all with all', () => {
  const some: Column = { name: 'k', type: INT32, values: [1, null, 3] }
  const none: Column = { name: 'k', type: INT32, values: [] }
  const nulls: Column = { name: 'k', type: INT32, values: [null, null] }

  it('match nothing', async () => {
    await check({ left: [some], right: [none] })
    await check({ left: [none], right: [some] })
    await check({ left: [some], right: [nulls] })
    await check({ left: [nulls], right: [some] })
  })

  it('lists all pairs in parts', () => {
    const cross = new CrossProbe(context, 3, 4)
    const pairs = collect(() => cross.next(5))
    expect(pairs).toEqual([0, 1, 2].flatMap((probe) => [0, 1, 2, 3].map((build) => [probe, build])))
    expect(new CrossProbe(context, 3, 0).next()).toBeNull()
  })

  it('lists many matches of one row in bounded parts', () => {
    const right = columnVector(context, { name: 'k', type: INT32, values: new Array(3000).fill(7) })
    const left = columnVector(context, { name: 'k', type: INT32, values: new Array(50).fill(7) })
    const table = JoinTable.create(context, { trackMatches: false }, [right], 3000)
    table.insertRange(0, 3000)
    const probe = table.probe([left], 50, 'inner')
    const sizes: number[] = []
    for (;;) {
      // The scratch of a part may be taken back before the next one is made.
      const mark = context.markScratch()
      const part = probe.next()
      if (part === null) break
      const first = memory.views.u32[part.build / 4]
      expect(first).toBe(sizes.reduce((sum, size) => sum + size, 0) % 3000)
      sizes.push(part.count)
      context.rewindScratch(mark)
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(150_000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536)
  })
})
