import * as arrow from 'apache-arrow'
import { type Engine, type Frame, open } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { modulePath } from '../../support/scene.js'

const ROWS = 150_000
const module = modulePath('writer.mjs')
const schema = { twice: 'float64', day: 'int64' }

describe('columns to write into', () => {
  let engine: Engine
  let source: Frame
  beforeAll(async () => {
    engine = await open({ threads: 2 })
    const x = Float64Array.from({ length: ROWS }, (_, i) => i - 0.5)
    source = engine.fromArrow(new arrow.Table({ x: arrow.makeVector(x) }))
  })
  afterAll(() => engine.close())

  for (const name of ['writesAll', 'writesLater', 'writesSome']) {
    it(`become the result when returned (${name})`, async () => {
      const result = await source.mapBatches({ module, function: name }, { schema }).collect()
      const twice = result.getChild('twice')!.toArray() as Float64Array
      expect(twice).toEqual(Float64Array.from({ length: ROWS }, (_, i) => 2 * i - 1))
      expect(result.schema.fields.map(({ name }) => name)).toEqual(['twice', 'day'])
      expect(result.getChild('day')!.nullCount).toBe(0)
    })
  }

  it('can be returned in part', async () => {
    const result = source.mapBatches({ module, function: 'writesFewer' }, { schema })
    expect(await result.count()).toBe(ROWS / 2)
  })

  it('feed the operators behind them, batch after batch over the same memory', async () => {
    const query = source
      .mapBatches({ module, function: 'writesAll' }, { schema })
      .groupBy()
      .agg({ total: 'sum(twice)' })
    await query.collect()
    const before = engine.memoryUsage().peakBytes
    for (let i = 0; i < 20; i++) {
      const [row] = (await query.collect()).toArray()
      expect(row.total).toBe(ROWS * (ROWS - 1) - ROWS)
    }
    expect(engine.memoryUsage().peakBytes - before).toBeLessThan(1e6)
  })

  it('are offered for numbers, dates and times only', async () => {
    const described = source.mapBatches(
      { module, function: 'describesOutput' },
      { schema: { names: 'utf8', lengths: 'bool', shared: 'bool', amount: 'decimal(10,2)' } },
    )
    for await (const row of described.rows()) {
      expect(row).toEqual({ names: '', lengths: true, shared: true, amount: null })
    }
  })
})
