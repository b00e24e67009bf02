import { Field, Int32, Schema, Utf8 } from 'apache-arrow'
import { col, count, lit, sum } from '../../planner/builder.js'
import { VolleyError } from '../../planner/errors.js'
import { Frame, type FrameRuntime, type JoinOptions, type MapOptions, type RunOptions } from '../../planner/frame.js'
import { describe, expect, it } from '../support/jest.js'
import { columnsOf, shapeOf, table } from '../support/planned.js'

const t = table({ a: 'int32', b: 'varchar', c: 'double' })

describe('a frame', () => {
  it('builds plans step by step and stays as it is', () => {
    const frame = t
      .filter('a')
      .withColumns({ d: col('c').mul(2), e: 5, f: 'b' })
      .rename({ b: 'name' })
      .drop('a')
      .distinct('name')
      .sort('name', col('c').desc(), { by: 'd', nulls: 'first' })
      .limit(10, 5)
    expect(shapeOf(frame)).toEqual(['limit', 'sort', 'distinct', 'project', 'project', 'project', 'filter', 'scan'])
    expect(columnsOf(frame)).toEqual(['name VARCHAR', 'c DOUBLE', 'd DOUBLE', 'e INTEGER!', 'f VARCHAR'])
    expect(columnsOf(t)).toEqual(['a INTEGER', 'b VARCHAR', 'c DOUBLE'])
    expect(Object.isFrozen(frame) && Object.isFrozen(frame.plan)).toBe(true)
  })

  it('tells its schema in terms of Arrow', async () => {
    const schema = await t.select('a', 'c').schema()
    expect(schema.fields.map(({ name, type }) => `${name}: ${type}`)).toEqual(['a: Int32', 'c: Float64'])
  })

  it('maps with closures and modules', () => {
    const closure = t.mapRows((row) => row, { schema: { x: 'int64', y: 'decimal(10,2)' } })
    expect(columnsOf(closure)).toEqual(['x BIGINT', 'y DECIMAL(10,2)'])
    expect(closure.plan).toMatchObject({ mode: 'row', function: { kind: 'closure', label: 'anonymous' } })
    const arrow = new Schema([new Field('x', new Int32(), false), new Field('y', new Utf8(), true)])
    const module = t.mapBatches({ module: './m.js', kwargs: { k: 1 } }, { schema: arrow })
    expect(columnsOf(module)).toEqual(['x INTEGER!', 'y VARCHAR'])
    expect(module.plan).toMatchObject({ function: { kind: 'module', function: 'default', kwargs: { k: 1 } } })
  })

  it('groups and joins', () => {
    const grouped = t.groupBy('b').agg({ n: count(), s: sum('a') })
    expect(columnsOf(grouped)).toEqual(['b VARCHAR', 'n BIGINT!', 's DECIMAL(38,0)'])
    expect(columnsOf(t.join(grouped, { on: 'b', how: 'left' }))).toHaveLength(5)
    expect(columnsOf(t.union(t, t))).toEqual(columnsOf(t))
  })

  it('takes columns of any name', () => {
    const odd = table({ 'a b': 'int32', ['__proto__']: 'int8' })
    expect(columnsOf(odd.join(odd, { on: 'a b' }))).toHaveLength(3)
    expect(columnsOf(odd.withColumns({ ['__proto__']: lit(true) }))).toEqual(['a b INTEGER', '__proto__ BOOLEAN!'])
  })

  const other = new Frame(t.plan, {} as FrameRuntime)
  const cases: [string, () => unknown][] = [
    ['limit is a whole number from 0, not -1', () => t.limit(-1)],
    ['limit is a whole number from 0, not 1.5', () => t.limit(1.5)],
    ['the offset of limit is a whole number from 0, not -2', () => t.limit(1, -2)],
    ['agg takes at least one name', () => t.groupBy('a').agg({})],
    ['select takes at least one', () => t.select()],
    ['sort takes at least one', () => t.sort()],
    ['drop takes at least one', () => t.drop()],
    ['union takes at least one', () => t.union()],
    ['each new name given to rename is a name', () => t.rename({ a: '' })],
    ["did you mean 'inner'", () => t.join(t, { on: 'a', how: 'iner' as 'inner' })],
    ['a join that is inner takes on', () => t.join(t, {})],
    ['a cross join takes no keys', () => t.join(t, { on: 'a', how: 'cross' })],
    ['not both', () => t.join(t, { on: 'a', leftOn: 'a' })],
    ['leftOn has 2 keys, but rightOn has 1', () => t.join(t, { leftOn: ['a', 'b'], rightOn: 'a' })],
    ['on names columns', () => t.join(t, { on: col('a').add(1) })],
    ["join has no option 'sufix'; did you mean 'suffix'?", () => t.join(t, { on: 'a', sufix: '2' } as JoinOptions)],
    ['a frame of the same engine', () => t.union(other)],
    ['join takes a frame', () => t.join('t' as unknown as Frame, { on: 'a' })],
    ['describes the columns', () => t.mapRows((row) => row, {} as MapOptions)],
    ['there is no type named "number"', () => t.mapRows((row) => row, { schema: { a: 'number' } })],
    ["run has no option 'stratgy'; did you mean 'strategy'?", () => t.collect({ stratgy: 'row' } as RunOptions)],
    ["strategy is 'auto', 'row', 'bulk', 'bigdata'", () => t.collect({ strategy: 'fast' as 'row' })],
    ['signal is an AbortSignal', () => t.count({ signal: 1 as unknown as AbortSignal })],
    ['rowGroupSize is a whole number from 1', () => t.sinkParquet('x', { rowGroupSize: 0 })],
    ["did you mean 'zstd'", () => t.sinkParquet('x', { compression: 'zst' as 'zstd' })],
    ['delimiter is one character', () => t.sinkCsv('x', { delimiter: '||' })],
    ['the path of an output is a name', () => t.sinkNdjson('')],
    ["format is 'text', 'json'", () => t.explain({ format: 'yaml' as 'json' })],
  ]
  it.each(cases)('refuses at once: %s', (message, call) => {
    let error: unknown
    try {
      call()
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(VolleyError)
    expect((error as VolleyError).code).toBe('VOLLEY_INVALID_ARGUMENT')
    expect((error as VolleyError).message).toContain(message)
  })
})
