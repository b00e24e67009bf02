import { spawn } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectNoLeak, failure, Scene } from '../../support/scene.js'
import { type EndingName, endings, inputOf, inputSql, modeNames, modes } from './modes.js'

const scene = Scene.forFile()
const input = scene.path('input.parquet')
const endingNames = Object.keys(endings) as EndingName[]

beforeAll(() => duckdbRun(inputSql(input)))

describe('a run that fails for its data', () => {
  /** In the middle of the rows, and when what breakers hold is put out. */
  const faults = {
    'before a breaker': (mode) =>
      inputOf(scene, input, mode).withColumns({ i: 'if(i = 50000, i + 9223372036854775807, i)' }).sort('text'),
    'behind a breaker': (mode) =>
      inputOf(scene, input, mode).sort('text').withColumns({ i: 'if(i = 50000, i + 9223372036854775807, i)' }),
  } as const satisfies Record<string, (mode: (typeof modeNames)[number]) => unknown>

  it.each(modeNames)('has the same code, and leaves nothing: %s', async (mode) => {
    for (const fault of Object.values(faults)) {
      for (const ending of endingNames) {
        const run = () => endings[ending](fault(mode), scene.directory, modes[mode].options)
        await scene.fails('VOLLEY_OVERFLOW', run)
      }
    }
  })

  it.each(modeNames)('leaves the output that it would have replaced: %s', async (mode) => {
    const path = scene.path('out.parquet')
    writeFileSync(path, 'kept')
    const frame = faults['behind a breaker'](mode)
    const files = scene.files()
    await scene.fails('VOLLEY_OVERFLOW', () => endings.parquet(frame, scene.directory, modes[mode].options))
    const sorted = inputOf(scene, input, mode).sort('text')
    await scene.fails('VOLLEY_OUTPUT_EXISTS', () => sorted.sinkParquet(path, {}, modes[mode].options))
    await scene.fails('VOLLEY_IO', () => sorted.sinkParquet(scene.path('none/out.parquet'), {}, modes[mode].options))
    expect(scene.files()).toEqual(files)
  })

  it('leaves no block behind', async () => {
    const works = modeNames.map((mode) => {
      const frame = faults['behind a breaker'](mode)
      return [mode, () => failure(() => frame.collect(modes[mode].options))] as const
    })
    await expectNoLeak(scene.engine, Object.fromEntries(works))
  })
})

const INDEX = new URL('../../../index.js', import.meta.url).href

/** A process that sorts by DuckDB, with no room in memory, what has no end, and says when it has begun to spill. */
const SPILLING = `
  import { open, Component } from ${JSON.stringify(INDEX)}
  import { readdirSync } from 'node:fs'
  const [spill, out] = process.argv.slice(1)
  class Sorted extends Component {
    name = 'sorted'
    schema = { i: 'int64' }
    processBigData = () => 'SELECT i FROM (SELECT i, hash(i)::VARCHAR AS s FROM range(1000000000) t(i) ORDER BY s)'
  }
  const engine = await open({ threads: 1, tempDirectory: spill, memoryLimit: process.memoryUsage.rss() + 260e6 })
  const run = engine.fromRecords([{ one: 1 }]).apply(new Sorted()).sinkCsv(out)
  const isSpilled = () => readdirSync(spill, { recursive: true }).some((name) => name.includes('duckdb_temp'))
  let hasSpilled = false
  const timer = setInterval(() => {
    if (!isSpilled()) return
    clearInterval(timer)
    hasSpilled = true
    console.log('spilled')
  }, 10)
  run.catch((error) => {
    if (hasSpilled) return
    console.error(error)
    process.exit(5)
  })
  END
`

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly errors: string
}

/** Runs the script until it ends; `onSpilled` is called when it has begun to spill. */
function spilling(end: string, onSpilled: (kill: () => void) => void = () => {}): Promise<Ended> {
  const script = SPILLING.replace('END', end)
  const out = scene.path('sorted.csv')
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, scene.spillDirectory, out])
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdout.once('data', () => onSpilled(() => child.kill('SIGKILL')))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, errors }))
  })
}

describe('a process that spills', () => {
  it('and is killed leaves a directory, which the next engine that spills removes', async () => {
    const before = readdirSync(scene.spillDirectory)
    expect(await spilling('', (kill) => kill())).toMatchObject({ signal: 'SIGKILL' })
    const stale = readdirSync(scene.spillDirectory).filter((name) => !before.includes(name))
    expect(stale).toHaveLength(1)
    expect(readdirSync(join(scene.spillDirectory, stale[0])).length).toBeGreaterThan(0)
    const engine = await open({ threads: 1, tempDirectory: scene.spillDirectory })
    await engine.scanParquet(input).sort('text').count({ strategy: 'bigdata' })
    expect(readdirSync(scene.spillDirectory)).not.toContain(stale[0])
    await engine.close()
    // The output of a killed process stays where it was: unfinished, and not under its name.
    expect(scene.files().filter((name) => name.includes('sorted.csv'))).toEqual([
      expect.stringMatching(/^\.sorted\.csv\..*\.volley-tmp$/),
    ])
  })

  it('and exits keeps its code, and leaves nothing', async () => {
    const before = readdirSync(scene.spillDirectory)
    const end = `run.catch(() => {})
      setInterval(() => { if (hasSpilled) process.exit(3) }, 10)`
    expect(await spilling(end)).toEqual({ code: 3, signal: null, errors: '' })
    expect(readdirSync(scene.spillDirectory)).toEqual(before)
  })

  it('and closes its engine ends by itself', async () => {
    const before = readdirSync(scene.spillDirectory)
    const end = `const ended = run.catch(({ code }) => code)
      const watch = setInterval(() => {
        if (!hasSpilled) return
        clearInterval(watch)
        void engine.close()
      }, 10)
      if ((await ended) !== 'VOLLEY_CLOSED') process.exitCode = 4`
    expect(await spilling(end)).toEqual({ code: 0, signal: null, errors: '' })
    expect(readdirSync(scene.spillDirectory)).toEqual(before)
  })
})
