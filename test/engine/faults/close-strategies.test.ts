import { readdirSync } from 'node:fs'
import { Component, type Engine, open, VolleyError } from '../../../index.js'
import { afterEach, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectWorks, failure, Scene } from '../../support/scene.js'
import { endings, inputOf, inputSql, modeNames, modes, shapeNames, shapes } from './modes.js'

const scene = Scene.forFile({ threads: 1 })
const input = scene.path('input.parquet')

beforeAll(() => duckdbRun(inputSql(input)))

const opened: Engine[] = []

async function openAnother(): Promise<Engine> {
  const engine = await open({ threads: 2, tempDirectory: scene.spillDirectory })
  opened.push(engine)
  return engine
}

afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close()
  expect(readdirSync(scene.spillDirectory)).toEqual([])
})

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A result, or the code of the error. */
function outcome(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'done',
    (error: unknown) => (error instanceof VolleyError ? error.code : `${error}`),
  )
}

function expectNothingHalf(): void {
  const complete = ['input.parquet', 'out.csv', 'out.parquet']
  expect(complete).toEqual(expect.arrayContaining(scene.files()))
}

describe('closing an engine', () => {
  const endingOf = { 0: 'csv', 1: 'parquet', 2: 'collect' } as const

  it.each([0, 5, 25, 60, 150])('ends what runs under all strategies, after %d ms', async (milliseconds) => {
    const engine = await openAnother()
    const runs = modeNames.map((mode, index) => {
      const frame = shapes[shapeNames[index]](inputOf({ engine }, input, mode))
      return outcome(endings[endingOf[(index % 3) as 0 | 1 | 2]](frame, scene.directory, modes[mode].options))
    })
    const codes = Promise.all(runs)
    await pause(milliseconds)
    await engine.close()
    expect(readdirSync(scene.spillDirectory)).toEqual([])
    expectNothingHalf()
    for (const code of await codes) expect(['done', 'VOLLEY_CLOSED']).toContain(code)
  })

  it.each(['switched before the first morsel', 'switched, staged to the end'] as const)(
    'at the moment of switching ends the run: %s',
    async (mode) => {
      const engine = await openAnother()
      const closed = new Promise<void>((resolve) => {
        engine.on('strategy', () => void engine.close().then(resolve))
      })
      const frame = shapes.aggregate(inputOf({ engine }, input, mode))
      expect(await outcome(frame.sinkCsv(scene.path('closed.csv'), {}, modes[mode].options))).toBe('VOLLEY_CLOSED')
      await closed
      expectNothingHalf()
    },
  )

  it.each(modeNames)('ends a result that is half read: %s', async (mode) => {
    const engine = await openAnother()
    const batches = shapes
      .sort(inputOf({ engine }, input, mode))
      .stream(modes[mode].options)
      [Symbol.asyncIterator]()
    const first = await batches.next()
    await engine.close()
    expect((await failure(() => batches.next())).code).toBe('VOLLEY_CLOSED')
    expect(first.value.numRows).toBeGreaterThan(0)
    expect(first.value.getChild('text')?.get(0)).toMatch(/^[0-9a-f]{32}$/)
  })

  it('ends a query that would go on for hours, and one that waits for it', async () => {
    const engine = await openAnother()
    const endless = engine.scanParquet(input).apply(new Endless())
    const runs = [outcome(endless.collect()), outcome(endless.sinkCsv(scene.path('endless.csv')))]
    await pause(300)
    await engine.close()
    expect(await Promise.all(runs)).toEqual(['VOLLEY_CLOSED', 'VOLLEY_CLOSED'])
    expectNothingHalf()
  })

  it('while DuckDB starts ends it', async () => {
    const engine = await openAnother()
    const run = outcome(shapes.sort(engine.scanParquet(input)).collect({ strategy: 'bigdata' }))
    while (readdirSync(scene.spillDirectory).length === 0) await pause(1)
    await engine.close()
    expect(await run).toBe('VOLLEY_CLOSED')
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

describe('two engines in one process', () => {
  it('spill at the same time into one directory, and each without the other', async () => {
    const engines = [await openAnother(), await openAnother()]
    const counts = await Promise.all(
      engines.flatMap((engine) =>
        modeNames.map(async (mode) => {
          const frame = shapes.join(inputOf({ engine }, input, mode))
          return (await frame.collect(modes[mode].options)).numRows
        }),
      ),
    )
    expect(new Set(counts)).toEqual(new Set([61_440]))
    expect(readdirSync(scene.spillDirectory)).toHaveLength(2)
    const [one, other] = engines
    const staged = shapes.sort(inputOf({ engine: other }, input, 'switched, staged to the end'))
    const sorted = staged.collect(modes['switched, staged to the end'].options)
    await one.close()
    expect((await sorted).numRows).toBe(61_440)
    expect(readdirSync(scene.spillDirectory)).toHaveLength(1)
    await expectWorks(other)
  })
})
