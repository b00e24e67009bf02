import fc from 'fast-check'
import { Component, type RunOptions, VolleyError } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectNoLeak, expectWorks, failure, Scene } from '../../support/scene.js'
import {
  duckdbModes,
  type EndingName,
  endings,
  inputOf,
  inputSql,
  type ModeName,
  modeNames,
  modes,
  type ShapeName,
  shapeNames,
  shapes,
} from './modes.js'

const scene = Scene.forFile()
const input = scene.path('input.parquet')

beforeAll(() => duckdbRun(inputSql(input)))

interface Work {
  readonly mode: ModeName
  readonly shape: ShapeName
  readonly ending: EndingName
}

const frameOf = ({ mode, shape }: Pick<Work, 'mode' | 'shape'>) => shapes[shape](inputOf(scene, input, mode))

function run(work: Work, options: RunOptions): Promise<unknown> {
  return endings[work.ending](frameOf(work), scene.directory, { ...modes[work.mode].options, ...options })
}

const reason = new Error('changed my mind')

function expectAborted(error: unknown): void {
  expect(error).toBeInstanceOf(VolleyError)
  const { code, message, cause } = error as VolleyError
  expect([code, message, cause]).toEqual(['VOLLEY_ABORTED', 'the run was aborted', reason])
}

/** Runs with a signal that `arrange` has aborted at some time. Returns true if the run ended before. */
async function aborted(work: Work, arrange: (abort: () => void) => (() => void) | RunOptions): Promise<boolean> {
  const controller = new AbortController()
  const arranged = arrange(() => controller.abort(reason))
  const options = typeof arranged === 'function' ? {} : arranged
  try {
    await run(work, { ...options, signal: controller.signal })
    return true
  } catch (error) {
    expectAborted(error)
    return false
  } finally {
    if (typeof arranged === 'function') arranged()
  }
}

function later(milliseconds: number): (abort: () => void) => () => void {
  return (abort) => {
    const timer = setTimeout(abort, milliseconds)
    return () => clearTimeout(timer)
  }
}

const outputs = () => scene.files().filter((name) => name !== 'input.parquet')
const complete = ['out.csv', 'out.parquet']

/** Nothing is there but complete outputs. */
function expectNothingHalf(): void {
  expect(complete).toEqual(expect.arrayContaining(outputs()))
}

describe('a signal', () => {
  const points = fc.record({
    mode: fc.constantFrom(...modeNames),
    shape: fc.constantFrom(...shapeNames),
    ending: fc.constantFrom(...(Object.keys(endings) as EndingName[])),
    milliseconds: fc.integer({ min: 0, max: 120 }),
  })

  it('at any time, under any strategy, ends the run and leaves nothing', async () => {
    const property = fc.asyncProperty(points, async ({ milliseconds, ...work }) => {
      await aborted(work, later(milliseconds))
      expectNothingHalf()
    })
    await fc.assert(property, { seed: 4, numRuns: 30, endOnFailure: true })
    await expectWorks(scene.engine)
    await scene.expectNothingStaged()
  })

  it.each(modeNames)('before the plan is made, or while it is, ends the run: %s', async (mode) => {
    for (const ending of Object.keys(endings) as EndingName[]) {
      const work = { mode, shape: 'sort', ending } as const
      // A run by records may be over before the next timer has its turn.
      await aborted(work, later(0))
      const atOnce = (abort: () => void) => {
        abort()
        return {}
      }
      expect(await aborted(work, atOnce)).toBe(false)
      expectNothingHalf()
    }
  })

  it.each(shapeNames)('at the moment of switching ends it: %s', async (shape) => {
    for (const mode of ['switched before the first morsel', 'switched, staged to the end'] as const) {
      const onSwitch = (abort: () => void) => {
        scene.engine.on('strategy', abort)
        return () => void scene.engine.off('strategy', abort)
      }
      expect(await aborted({ mode, shape, ending: 'csv' }, onSwitch)).toBe(false)
    }
    expectNothingHalf()
    await scene.expectNothingStaged()
  })

  it.each(modeNames)('at any batch ends the result: %s', async (mode) => {
    for (const wanted of [1, 2, 5]) {
      const controller = new AbortController()
      const batches = frameOf({ mode, shape: 'sort' }).stream({ ...modes[mode].options, signal: controller.signal })
      let seen = 0
      const error = await failure(async () => {
        for await (const _ of batches) if (++seen === wanted) controller.abort(reason)
        // What there was may have been read to its end.
        controller.signal.throwIfAborted()
        throw new VolleyError('VOLLEY_ABORTED', 'the run was aborted', {}, reason)
      }).catch((fault) => (fault === reason ? null : Promise.reject(fault)))
      if (error !== null) expectAborted(error)
    }
    await expectWorks(scene.engine)
  })

  it.each(modeNames)('at the first progress ends it, or comes too late: %s', async (mode) => {
    await aborted({ mode, shape: 'join', ending: 'parquet' }, (abort) => ({ onProgress: abort }))
    expectNothingHalf()
  })

  it('leaves no block behind', async () => {
    const works = modeNames.map((mode, index) => {
      const work = { mode, shape: shapeNames[index], ending: 'csv' } as const
      return [`${mode} ${work.shape}`, () => aborted(work, later(30))] as const
    })
    await expectNoLeak(scene.engine, Object.fromEntries(works))
  })
})

describe('a result that is left early', () => {
  it('under any strategy leaves nothing behind', async () => {
    const works = modeNames.map((mode, index) => {
      const leave = async () => {
        for (const wanted of [1, 2]) {
          let seen = 0
          for await (const _ of frameOf({ mode, shape: shapeNames[index] }).stream(modes[mode].options)) {
            if (++seen === wanted) break
          }
        }
      }
      return [mode, leave] as const
    })
    await expectNoLeak(scene.engine, Object.fromEntries(works))
    await scene.expectNothingStaged()
  })
})

/** Goes on for hours before its first row. */
class Endless extends Component {
  readonly name = 'endless'
  readonly schema = { n: 'int64' }

  override processBigData(): string {
    return 'SELECT sum(hash(i) % 7)::BIGINT AS n FROM range(1000000000000) t(i)'
  }
}

describe('a run that waits for its turn in DuckDB', () => {
  it('can be aborted while another is busy there, which can be aborted too', async () => {
    const other = new AbortController()
    const endless = scene.engine.scanParquet(input).apply(new Endless())
    const busy = failure(() => endless.collect({ signal: other.signal }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const waiting = duckdbModes.map((mode) => aborted({ mode, shape: 'sort', ending: 'csv' }, later(300)))
    await Promise.all(waiting)
    other.abort(reason)
    expectAborted(await busy)
    expectNothingHalf()
    await expectWorks(scene.engine)
    await scene.expectNothingStaged()
  })
})
