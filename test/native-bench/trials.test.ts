import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { largeTableFiles } from '../../data-fixtures/large-tables.js'
import { outputDirectory, removeStaleOutputs } from '../../native-bench/outputs.js'
import { NO_RECORDS, openRecords } from '../../native-bench/records.js'
import { sqlText } from '../../native-bench/sql-text.js'
import { outOfCoreRemarks } from '../../native-bench/suites/out-of-core.js'
import { BIGDATA, BULK, POLARS, REFERENCE } from '../../native-bench/trials/contenders.js'
import { fault, fingerprint } from '../../native-bench/trials/fingerprint.js'
import { type OutOfCoreResult, raceOutOfCore } from '../../native-bench/trials/out-of-core.js'
import { type Outcome, outcomeOf } from '../../native-bench/trials/outcome.js'
import { type Bounds, runTrial } from '../../native-bench/trials/run-trial.js'
import type { Contender, TrialRequest } from '../../native-bench/trials/trial.js'
import { LARGE_WORKS } from '../../native-bench/trials/works/out-of-core.js'
import { duckDbRows } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const directory = temporaryDirectory()
const [groupBy, , sort] = LARGE_WORKS
const WIDE: Bounds = { bytes: 4e9, milliseconds: 30_000 }
const BYTES = 2e6

async function request(contender: Contender, changes: Partial<TrialRequest> = {}): Promise<TrialRequest> {
  const { paths } = await largeTableFiles(directory, groupBy.large[0], BYTES)
  const tempDirectory = join(directory, 'temporary')
  mkdirSync(tempDirectory, { recursive: true })
  return {
    contender,
    work: groupBy.name,
    inputs: { events: paths },
    consumer: 'parquet',
    output: join(directory, `${contender.label}.parquet`),
    tempDirectory,
    threads: 1,
    memoryLimit: null,
    runs: 1,
    ...changes,
  }
}

async function failureOf(asked: Promise<TrialRequest>, bounds: Bounds = WIDE): Promise<string> {
  const { ending } = await runTrial(await asked, bounds)
  return 'failure' in ending ? ending.failure : 'none'
}

describe('a trial', () => {
  it('measures a process of its own from start to end', async () => {
    const samples: number[] = []
    const asked = await request(REFERENCE, { runs: 2 })
    const { ending, leftFiles, peakBytes } = await runTrial(asked, WIDE, (_, bytes) => samples.push(bytes))
    if ('failure' in ending) throw new Error(ending.failure)
    const { rows } = await largeTableFiles(directory, groupBy.large[0], BYTES)
    expect(ending.report.runs.map((run) => run.rows)).toEqual([rows / 2, rows / 2])
    expect(peakBytes).toBeGreaterThanOrEqual(Math.max(ending.report.peakBytes, ...samples))
    expect(leftFiles).toEqual([])
  })

  it('is the same result for every engine, to a file and as batches', async () => {
    const expected = await runTrial(await request(REFERENCE), WIDE)
    expect(expected.ending).toHaveProperty('report')
    const reference = await fingerprint(groupBy, (await request(REFERENCE)).output)
    for (const contender of [BULK, POLARS]) {
      const asked = await request(contender)
      expect((await runTrial(asked, WIDE)).ending).toHaveProperty('report')
      expect(fault(reference, await fingerprint(groupBy, asked.output))).toBeNull()
      const streamed = await runTrial(await request(contender, { consumer: 'stream' }), WIDE)
      if ('failure' in streamed.ending) throw new Error(streamed.ending.failure)
      const [run] = streamed.ending.report.runs
      expect(run.rows).toBe(Number(reference.answer[0][0]))
      expect(run.firstMilliseconds).toBeLessThanOrEqual(run.milliseconds)
    }
  })

  it('is ended when it takes too much memory or time', async () => {
    expect(await failureOf(request(REFERENCE), { ...WIDE, bytes: 1e6 })).toMatch(/^killed at .* of resident memory$/)
    expect(await failureOf(request(REFERENCE), { ...WIDE, milliseconds: 1 })).toMatch(/^killed after /)
  })

  it('says why it failed', async () => {
    const inputs = { events: [join(directory, 'nowhere.parquet')] }
    expect(await failureOf(request(REFERENCE, { inputs }))).toContain('nowhere.parquet')
    expect(await failureOf(request(BULK, { inputs }))).toContain('nowhere.parquet')
    expect(await failureOf(request(POLARS, { inputs }))).not.toBe('none')
    expect(await failureOf(request(REFERENCE, { work: 'nothing' }))).toContain('no work nothing')
  })

  it('has failed if it left temporary files', async () => {
    const asked = await request(REFERENCE, { tempDirectory: join(directory, 'left') })
    mkdirSync(asked.tempDirectory)
    writeFileSync(join(asked.tempDirectory, 'partition.tmp'), 'x'.repeat(10_000))
    const trial = await runTrial(asked, WIDE)
    expect(trial.spilledBytes).toBeGreaterThan(0)
    expect(outcomeOf(trial, null, null)).toMatchObject({
      kind: 'failed',
      reason: 'left temporary files: partition.tmp',
    })
  })
})

describe('a result', () => {
  const from = `select i as article_id, date '2020-01-01' + (i // 10)::integer as written_on, 1.5::decimal(15,2) as price,
    'a' as section, 'b' as title, (i % 10)::varchar as author, 'c' as address, 'd' as summary, 'e' as tags from range(40000) t(i)`
  const file = async (name: string, sql: string): Promise<string> => {
    const path = join(directory, `${name}.parquet`)
    await duckDbRows(`copy (${sql}) to ${sqlText(path)} (format parquet, row_group_size 4096)`)
    return path
  }

  it('is told from one with other rows, other values or another order', async () => {
    const order = 'order by article_id'
    const expected = await fingerprint(sort, await file('sorted', `${from} ${order}`))
    const judge = async (name: string, sql: string) => fault(expected, await fingerprint(sort, await file(name, sql)))
    expect(await judge('same', `${from} ${order}`)).toBeNull()
    expect(await judge('fewer', `select * from (${from}) where article_id <> 777 ${order}`)).toContain('39999')
    expect(
      await judge('other', `select * replace (if(article_id = 5, 'z', tags) as tags) from (${from}) ${order}`),
    ).toContain('expected')
    expect(await judge('misplaced', `${from} order by article_id = 20000, article_id`)).toBe('1 rows are out of order')
    expect(await judge('reversed', `${from} order by article_id desc`)).toBe('39999 rows are out of order')
  })
})

describe('a series of trials', () => {
  const done: Extract<Outcome, { kind: 'done' }> = {
    kind: 'done',
    peakBytes: 100e6,
    spilledBytes: 0,
    samples: [],
    report: {
      runs: [{ milliseconds: 1500, firstMilliseconds: null, rows: 1 }],
      startBytes: 1,
      peakBytes: 2,
      strategies: [],
      switches: [],
    },
  }

  it('compares each engine with DuckDB and leaves nothing but the tables', async () => {
    const place = temporaryDirectory()
    const [result] = await raceOutOfCore(
      {
        cases: [groupBy],
        limits: [384e6],
        scale: 1 / 2000,
        threads: 1,
        contenders: [REFERENCE, POLARS],
        patienceMilliseconds: 30_000,
      },
      { directory: place, progress: () => {} },
      NO_RECORDS,
    )
    expect(result.outcomes.map(({ outcome }) => outcome.kind)).toEqual(['done', 'done'])
    expect(readdirSync(place)).toEqual([expect.stringMatching(/^events-\d+$/)])
  })

  it('says what exceeded the limit, and what a switch cost', () => {
    const switches = [{ milliseconds: 10, strategy: 'bigdata', reason: 'rss 380 of 384 MB' }]
    const bulk: Outcome = { ...done, peakBytes: 500e6, report: { ...done.report, switches } }
    const failed: Outcome = { kind: 'failed', reason: 'ended', peakBytes: 1, spilledBytes: 0, samples: [] }
    const result: OutOfCoreResult = {
      work: groupBy,
      limitBytes: 384e6,
      dataBytes: 4e9,
      rows: 1,
      outcomes: [
        { contender: REFERENCE, outcome: failed },
        { contender: BULK, outcome: bulk },
        { contender: BIGDATA, outcome: done },
      ],
    }
    expect(outOfCoreRemarks(result)).toEqual([
      'volley bulk: rss 380 of 384 MB',
      'volley bulk: its peak is more than 1.15 times the limit.',
      'Switching from bulk took 1.00 times as long as bigdata from the start.',
    ])
  })
})

describe('what was measured', () => {
  it('is not measured again when an interrupted benchmark goes on', async () => {
    const records = temporaryDirectory()
    const quick = (resume: boolean) => openRecords(records, resume, { quick: true })
    await quick(false).kept('one', async () => ({ rows: 1 }))
    const [file] = readdirSync(records)
    const cut = () => writeFileSync(join(records, file), '{"key":"two","value":{"rows":{}', { flag: 'a' })
    const measured: string[] = []
    const measure = (key: string) => async () => {
      measured.push(key)
      return { rows: 2 }
    }
    cut()
    const resumed = quick(true)
    expect(resumed.known).toBe(1)
    expect(await resumed.kept('one', measure('one'))).toEqual({ rows: 1 })
    expect(await resumed.kept('two', measure('two'))).toEqual({ rows: 2 })
    cut()
    const again = quick(true)
    expect(await again.kept('two', measure('two again'))).toEqual({ rows: 2 })
    expect(measured).toEqual(['two'])
    again.remove()
    expect([readdirSync(records), quick(true).known]).toEqual([[], 0])
  })

  it('under other options stays, and is not used', async () => {
    const records = temporaryDirectory()
    await openRecords(records, false, { runs: 7 }).kept('one', async () => 1)
    const other = openRecords(records, true, { runs: 2 })
    expect(await other.kept('one', async () => 2)).toBe(2)
    other.remove()
    expect(await openRecords(records, true, { runs: 7 }).kept('one', async () => 3)).toBe(1)
  })
})

describe('outputs', () => {
  it('of a benchmark that was killed are removed by the next one, and those of others stay', async () => {
    const place = temporaryDirectory()
    const own = await outputDirectory(place)
    // Numbers of processes end at 2 ** 22.
    for (const name of ['outputs-9999999-abc', 'tpch-10000']) mkdirSync(join(place, name))
    await removeStaleOutputs(place)
    expect(
      readdirSync(place)
        .map((name) => join(place, name))
        .sort(),
    ).toEqual([own, join(place, 'tpch-10000')].sort())
  })
})
