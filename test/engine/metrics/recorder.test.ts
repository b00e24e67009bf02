import { ChainMeter } from '../../../engine/metrics/chain-meter.js'
import { MetricsRecorder, NO_METRICS } from '../../../engine/metrics/recorder.js'
import { NO_SPAN } from '../../../engine/metrics/span.js'
import { clockMs } from '../../../engine/metrics/task-usage.js'
import { Chain } from '../../../engine/operators/chain.js'
import type { ChainStep } from '../../../engine/workers/messages.js'
import type { Batch } from '../../../io/batch.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { BOOL, field, INT32, schemaOf } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { columnVector, createContext } from '../operators/tables.js'

const { context } = createContext()
const schema = schemaOf([field('n', INT32)])

function numbers(count: number): Batch {
  const values = Array.from({ length: count }, (_, i) => i)
  return { schema, length: count, columns: [columnVector(context, { name: 'n', type: INT32, values })] }
}

const n: TypedExpression = { kind: 'column', index: 0, name: 'n', type: INT32 }
const isSmall: TypedExpression = {
  kind: 'call',
  function: 'lt',
  arguments: [n, { kind: 'literal', value: 100, type: INT32 }],
  type: BOOL,
}
const steps: readonly ChainStep[] = [
  { kind: 'filter', predicate: isSmall },
  { kind: 'project', schema, expressions: [{ name: 'n', expression: n }] },
]

/** What a chain measures over 1,000 rows, of which 100 are small, in slices of 64. */
async function measuredChain(): Promise<Float64Array> {
  const meter = new ChainMeter(context.memory, steps.length, clockMs())
  const chain = new Chain(context, steps, { kind: 'output' }, 0, meter)
  await chain.run(numbers(1000), 64, { firstRow: 0 })
  chain.finish()
  return meter.finish(4321)
}

describe('the metrics of a run', () => {
  it('tell what passed each piece of a chain', async () => {
    const recorder = new MetricsRecorder(context.memory)
    const parts = [2, 1, 0].map((index) => ({ index, place: 'whole' }) as const)
    recorder.recordChain([...parts, null], 'bulk', await measuredChain())
    const [project, filter, scan] = recorder.measurements()
    expect(scan).toMatchObject({ node: 2, strategy: 'bulk', rowsIn: 1000, rowsOut: 1000, bytesIn: 4321, batches: 16 })
    expect(scan).toMatchObject({ bytesOut: 4000, peakBytes: 256, retries: 0, spilledBytes: 0 })
    expect(filter).toMatchObject({ node: 1, rowsIn: 1000, rowsOut: 100, bytesIn: 4000, bytesOut: 400, batches: 2 })
    expect(project).toMatchObject({ node: 0, rowsIn: 100, rowsOut: 100, bytesIn: 400, bytesOut: 400, batches: 2 })
    for (const step of [filter, project]) expect(step.timeMs).toBeGreaterThan(0)
    for (const { timeMs, cpuMs, waitMs } of [project, filter, scan]) {
      expect(Math.min(timeMs, cpuMs, waitMs)).toBeGreaterThanOrEqual(0)
    }
  })

  it('add up over tasks', async () => {
    const recorder = new MetricsRecorder(context.memory)
    const parts = [null, { index: 0, place: 'whole' } as const, null, null]
    for (let task = 0; task < 3; task++) recorder.recordChain(parts, 'bulk', await measuredChain())
    expect(recorder.measurements()).toEqual([expect.objectContaining({ node: 0, rowsIn: 3000, rowsOut: 300 })])
  })

  it('count the rows of a node in two pieces once', async () => {
    const recorder = new MetricsRecorder(context.memory)
    const first = { index: 0, place: 'first' } as const
    const last = { index: 0, place: 'last' } as const
    recorder.recordChain([null, first, last, null], 'bulk', await measuredChain())
    expect(recorder.measurements()).toEqual([expect.objectContaining({ rowsIn: 1000, rowsOut: 100, batches: 2 })])
    recorder.span(first, 'bulk').rowsOut(5, 20)
    recorder.span(last, 'bulk').rowsIn(5, 20)
    expect(recorder.measurements()).toEqual([expect.objectContaining({ rowsIn: 1000, rowsOut: 100, batches: 2 })])
  })

  it('are kept by strategy, the one under way when something is counted', () => {
    const recorder = new MetricsRecorder(context.memory)
    let strategy = 'bulk'
    const span = recorder.span({ index: 7, place: 'whole' }, () => strategy)
    span.rowsIn(10, 80)
    span.held(500)
    span.held(400)
    strategy = 'bigdata'
    span.rowsIn(5, 40)
    span.spilled(64)
    span.retried()
    span.used({ busyMs: 3, cpuMs: 2, waitMs: 1 })
    span.busy(1)
    span.rowsOut(2, 16)
    const nothing = { rowsOut: 0, bytesOut: 0, batches: 0, timeMs: 0, waitMs: 0, cpuMs: 0, retries: 0, spilledBytes: 0 }
    expect(recorder.measurements()).toEqual([
      { node: 7, strategy: 'bulk', ...nothing, rowsIn: 10, bytesIn: 80, peakBytes: 500 },
      {
        node: 7,
        strategy: 'bigdata',
        rowsIn: 5,
        bytesIn: 40,
        rowsOut: 2,
        bytesOut: 16,
        batches: 1,
        timeMs: 4,
        cpuMs: 3,
        waitMs: 1,
        peakBytes: 0,
        retries: 1,
        spilledBytes: 64,
      },
    ])
  })

  it('count the batches that pass a span, and pass them on', async () => {
    async function* batches() {
      yield numbers(3)
      yield numbers(4)
    }
    const recorder = new MetricsRecorder(context.memory)
    const span = recorder.span({ index: 0, place: 'whole' }, 'row')
    const lengths: number[] = []
    for await (const batch of span.output(span.input(batches()))) lengths.push(batch.length)
    expect(lengths).toEqual([3, 4])
    const counted = { rowsIn: 7, rowsOut: 7, bytesIn: 28, bytesOut: 28, batches: 2 }
    expect(recorder.measurements()).toEqual([expect.objectContaining(counted)])
  })

  it('are nothing where nobody asks, or a piece is of no node', async () => {
    const recorder = new MetricsRecorder(context.memory)
    expect(recorder.span(undefined, 'bulk')).toBe(NO_SPAN)
    recorder.recordChain([null, null, null, null], 'bulk', await measuredChain())
    expect(recorder.measurements()).toEqual([])
    expect(NO_METRICS.span({ index: 0, place: 'whole' }, 'bulk')).toBe(NO_SPAN)
    async function* none(): AsyncGenerator<Batch> {}
    const batches = none()
    expect(NO_SPAN.output(batches)).toBe(batches)
  })
})
