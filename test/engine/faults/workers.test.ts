import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Frame, open } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { eventually, expectWorks, failure, modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const input = scene.path('input.parquet')
const schema = { id: 'int64', name: 'utf8' }

beforeAll(async () => {
  await duckdbRun(`copy (select i as id, 'name ' || i as name from range(12000) t(i)) to '${input}'
    (row_group_size 2048)`)
  writeFileSync(scene.path('broken.mjs'), 'export const broken = (')
  writeFileSync(scene.path('throws.mjs'), `throw new Error('not today')`)
  writeFileSync(scene.path('lacks.mjs'), `import 'no-such-package'\nexport default (batch) => batch`)
})

const table = () => scene.engine.scanParquet(input)
const mapped = (name: string, module = modulePath('faulty.mjs')) =>
  table().mapBatches({ module, function: name }, { schema })

/** How a result is asked for; all must fail alike. */
const runs: Record<string, (frame: Frame) => Promise<unknown>> = {
  sink: (frame) => frame.sinkParquet(scene.path('out.parquet')),
  collect: (frame) => frame.collect(),
  aggregate: (frame) => frame.groupBy('name').agg({ n: 'count(*)' }).collect(),
  sort: (frame) => frame.sort('name').collect(),
}

describe('a worker that dies', () => {
  it.each(Object.keys(runs))('fails the run that it worked for: %s', async (name) => {
    const error = await scene.fails('VOLLEY_WORKER_DIED', () => runs[name](mapped('exits')))
    expect(error.message).toContain('worker exited with code: 3')
  })

  it('fails it in the middle too', async () => {
    const many = table().union(table(), table(), table())
    const frame = many.mapBatches({ module: modulePath('faulty.mjs'), function: 'exitsLater' }, { schema })
    await scene.fails('VOLLEY_WORKER_DIED', () => frame.sinkParquet(scene.path('out.parquet')))
  })

  it('dies of errors that a function left behind, in the run of that function', async () => {
    const forgotten = await scene.fails('VOLLEY_WORKER_DIED', () => mapped('forgets').collect())
    expect(forgotten.message).toContain('forgotten')
    const later = await scene.fails('VOLLEY_WORKER_DIED', () => mapped('throwsLater').collect())
    expect(later.message).toContain('out of the blue')
  })

  it('is replaced, and its scratch is freed', async () => {
    // The threads that Node reads files with start at their first use.
    await Promise.all(Array.from({ length: 16 }, () => stat(input)))
    const engine = await open({ threads: 2 })
    const works = () => expectWorks(engine)
    for (let i = 0; i < 3; i++) await works()
    // Threads that earlier tests have ended may still be ending.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const threads = threadCount()
    const used = engine.memoryUsage().usedBytes
    const frame = engine
      .scanParquet(input)
      .mapBatches({ module: modulePath('faulty.mjs'), function: 'exits' }, { schema })
    for (let i = 0; i < 2; i++) {
      expect((await failure(() => frame.collect())).code).toBe('VOLLEY_WORKER_DIED')
      await works()
    }
    // Each thread has a megabyte of scratch, which the dead ones would add to this.
    expect(engine.memoryUsage().usedBytes).toBeLessThan(used + (3 << 20))
    await eventually(() => threadCount() <= threads)
    await engine.close()
    await eventually(() => threadCount() <= threads - 2)
  })
})

describe('a function that fails', () => {
  const faults: Record<string, string> = {
    throws: 'throws of .*faulty.mjs failed: no luck',
    throwsNull: 'throwsNull of .*faulty.mjs failed: null',
    rejects: 'rejects of .*faulty.mjs failed: no luck later',
    recursesForEver: 'Maximum call stack size exceeded',
    returnsNumber: 'returnsNumber of .* returned number: expected a RecordBatch, a Table or an object of columns',
    returnsNothing: 'returnsNothing of .* returned undefined',
    returnsOtherColumns: `returned no column 'id'`,
    returnsUnequalColumns: 'columns of different lengths: 2, 1',
    missing: `exports no function 'missing'; it exports: .*throws`,
  }

  it.each(Object.keys(faults))('is named with what it did: %s', async (name) => {
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => runs.sink(mapped(name)))
    expect(error.message).toMatch(new RegExp(faults[name]))
  })

  it('keeps its own error as the cause', async () => {
    const { cause } = await failure(() => mapped('throws').collect())
    expect(cause).toBeInstanceOf(Error)
    expect((cause as Error).message).toBe('no luck')
    expect((cause as Error).stack).toContain('faulty.mjs')
  })

  it('fails every run alike', async () => {
    for (const run of Object.values(runs)) await scene.fails('VOLLEY_USER_FUNCTION', () => run(mapped('throws')))
  })

  it('names the row at which a function of rows threw', async () => {
    const throwsAtRow = { module: modulePath('faulty.mjs'), function: 'throwsAtRow', kwargs: { id: 7000n } }
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => table().mapRows(throwsAtRow, { schema }).collect())
    expect(error.message).toContain('at row 7000: no 7000 please')
    // A filter before it moves the rows: better no number than a wrong one.
    const filtered = table().filter('id % 2 = 0').mapRows(throwsAtRow, { schema })
    const moved = await scene.fails('VOLLEY_USER_FUNCTION', () => filtered.collect())
    expect(moved.message).toMatch(/failed: no 7000 please/)
  })

  it('is refused rows that its schema does not have', async () => {
    const returnsOtherRow = { module: modulePath('faulty.mjs'), function: 'returnsOtherRow' }
    const error = await scene.fails('VOLLEY_BAD_RECORD', () => table().mapRows(returnsOtherRow, { schema }).collect())
    expect(error.details).toMatchObject({ column: 'id', expected: 'BIGINT' })
  })
})

describe('a module that cannot be loaded', () => {
  it.each([
    ['none.mjs', /^there is no module .*none\.mjs$/],
    ['broken.mjs', /cannot load module .*broken\.mjs: Unexpected end of input/],
    ['lacks.mjs', /cannot load module .*lacks\.mjs: Cannot find package 'no-such-package'/],
    ['throws.mjs', /cannot load module .*throws\.mjs: not today/],
  ])('is named with the reason: %s', async (name, message) => {
    const module = scene.path(name)
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => runs.sink(mapped('default', module)))
    expect(error.message).toMatch(message)
    expect(error.details.path).toBe(module)
  })

  it('is found from the working directory, and once it is there', async () => {
    const frame = mapped('identity', './test/support/modules/faulty.mjs')
    expect((await frame.collect()).numRows).toBe(12_000)
    const late = scene.path('late.mjs')
    await scene.fails('VOLLEY_USER_FUNCTION', () => mapped('late', late).collect())
    writeFileSync(late, 'export const late = (batch) => batch')
    expect((await mapped('late', late).collect()).numRows).toBe(12_000)
  })

  it('must get what can be sent to it', async () => {
    const call = () => table().mapBatches({ module: './any.mjs', kwargs: { call: () => 1 } }, { schema })
    await scene.fails('VOLLEY_INVALID_ARGUMENT', async () => call())
    const shared = { module: './any.mjs', kwargs: { memory: new SharedArrayBuffer(8) } }
    await scene.fails('VOLLEY_INVALID_ARGUMENT', () => table().mapBatches(shared, { schema }).collect())
  })
})

describe('a closure that throws', () => {
  it.each(Object.keys(runs))('fails the run: %s', async (name) => {
    const frame = table().mapBatches(
      () => {
        throw new RangeError('no luck')
      },
      { schema },
    )
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => runs[name](frame))
    expect(error.message).toContain('no luck')
    expect(error.cause).toBeInstanceOf(RangeError)
  })

  it('may reject, or throw at a row', async () => {
    const rejecting = table().mapBatches(async () => Promise.reject(new Error('later')), { schema })
    expect((await scene.fails('VOLLEY_USER_FUNCTION', () => rejecting.collect())).message).toContain('later')
    const throwing = table().mapRows(
      (row) => {
        if (row.id === 4321n) throw new Error('here')
        return row
      },
      { schema },
    )
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => throwing.collect())
    expect(error.details.row).toBe(4321)
  })

  it('is told from errors of the records that feed a run', async () => {
    async function* records() {
      yield { id: 1n, name: 'a' }
      throw new TypeError('the producer broke')
    }
    await expect(scene.engine.fromRecords(records(), schema).collect()).rejects.toThrow('the producer broke')
    await expectWorks(scene.engine)
  })
})

/** Threads of this process; 2 where that cannot be told. */
function threadCount(): number {
  return existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 2
}
