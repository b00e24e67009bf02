/** Results of a benchmark as it might have written them: from a seed, always the same. */

import type {
  CaseResults,
  Done,
  Figure,
  MemoryCourse,
  Outcome,
  Results,
  SuiteResults,
} from '../../native-bench/results.js'

/** Text that breaks pages and tables which do not escape it. */
export const HOSTILE = `a <b onclick="x()">|cell|</b> & 'more' </script>`

const SIZE_ROWS = { small: 10_000, medium: 1_000_000, large: 6_000_000 } as const
type SizeName = keyof typeof SIZE_ROWS

/** Time of an engine by that of DuckDB, on average. */
const PACE: Readonly<Record<string, number>> = {
  volley: 0.75,
  polars: 1.3,
  arquero: 22,
  records: 40,
  'parquet-wasm': 4,
  hyparquet: 9,
}

export interface ResultsOptions {
  readonly seed?: number
  /** Times of volley are multiplied with it. */
  readonly ownPace?: number
  readonly commit?: string | null
}

export function benchResults({ seed = 1, ownPace = 1, commit = '6e62664a90d1' }: ResultsOptions = {}): Results {
  const random = generator(seed)
  const pace = { ...PACE, volley: PACE.volley * ownPace }
  return {
    format: 1,
    startedAt: '2026-11-22T16:39:49.120Z',
    machine: { processor: 'AMD EPYC 7B13', cores: 2, memoryBytes: 16_774_770_688, platform: 'linux x64' },
    versions: { node: '20.19.5', volley: '0.1.0', duckdb: '1.5.6', polars: '0.26.1', arquero: '8.0.3' },
    commit,
    settings: { quick: false, threads: 2, runs: 7, memoryLimitBytes: 4_000_000_000 },
    suites: [
      tpch(random, pace),
      functions(random, pace),
      scaling(random, pace),
      outOfCore(random, pace),
      startup(random),
    ],
  }
}

type Random = () => number

/** Numbers from 0 to 1: mulberry32. */
function generator(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Around `middle`, by a factor of up to `most` either way, evenly on a log scale. */
function around(random: Random, middle: number, most: number): number {
  return middle * most ** (2 * random() - 1)
}

function done(random: Random, engine: string, typical: number, runs = 7, more: Partial<Done> = {}): Done {
  const milliseconds = Array.from(
    { length: runs },
    () => typical * (0.97 + 0.06 * random() + (random() < 0.1 ? 0.4 : 0)),
  )
  return {
    engine,
    status: 'done',
    milliseconds,
    peakBytes: null,
    cpuMilliseconds: null,
    figures: [],
    memory: null,
    ...more,
  }
}

function race(
  random: Random,
  pace: typeof PACE,
  name: string,
  title: string,
  size: SizeName,
  base: number,
): CaseResults {
  const time = around(random, base, 2.5) * (SIZE_ROWS[size] / 1e6) ** 0.85
  const outcomes = Object.entries({ duckdb: 1, ...pace }).map(([engine, factor]): Outcome => {
    if (engine === 'arquero' && size === 'large')
      return { engine, status: 'absent', reason: 'keeps all of its input in memory' }
    if (engine === 'hyparquet' && name === 'window')
      return { engine, status: 'failed', reason: `another answer than DuckDB: ${HOSTILE}` }
    const typical = time * around(random, factor, engine === 'volley' ? 2.2 : 1.6)
    const figures: Figure[] = [{ name: 'rows a second', value: (SIZE_ROWS[size] / typical) * 1000, unit: 'rows/s' }]
    const measured = { peakBytes: Math.round(around(random, 300e6, 2)), cpuMilliseconds: typical * 1.8, figures }
    return done(random, engine, typical, 7, measured)
  })
  outcomes.sort((a, b) => Number(b.engine === 'volley') - Number(a.engine === 'volley'))
  return { name, title, size, rows: SIZE_ROWS[size], axis: null, reference: 'duckdb', outcomes, remarks: [] }
}

function tpch(random: Random, pace: typeof PACE): SuiteResults {
  const racing = { volley: pace.volley, polars: pace.polars }
  const queries = Array.from({ length: 22 }, (_, i) => `q${i + 1}`)
  return {
    name: 'tpch',
    title: 'The 22 queries of TPC-H over Parquet files',
    conditions: ['Files are in the cache of the system.', 'Results are collected as Arrow tables; that is timed too.'],
    cases: queries.flatMap((name) =>
      (['medium', 'large'] as const).map((size) =>
        race(random, racing, name, `Query ${name.slice(1)} of TPC-H`, size, 60),
      ),
    ),
  }
}

function functions(random: Random, pace: typeof PACE): SuiteResults {
  const works = {
    filter: 'Filter by two columns',
    text: 'Functions of text',
    window: 'Rank within groups',
    json: HOSTILE,
  }
  return {
    name: 'functions',
    title: 'Work on columns, beside JavaScript',
    conditions: ['Every engine starts from the same Parquet file.', HOSTILE],
    cases: Object.entries(works).flatMap(([name, title]) =>
      (['small', 'medium', 'large'] as const).map((size) => race(random, pace, name, title, size, 30)),
    ),
  }
}

function scaling(random: Random, pace: typeof PACE): SuiteResults {
  const works = { scan: 'Scan, filter, sum', groups: 'Group by many groups', join: 'Join two tables' }
  const engines = { volley: pace.volley, duckdb: 1 }
  const byRows = Object.entries(works).flatMap(([name, title]) =>
    [1e3, 1e4, 1e5, 1e6, 6e6, 6e7].map((rows): CaseResults => {
      const outcomes = Object.entries(engines).map(([engine, factor]) =>
        done(random, engine, 2.5 * factor + around(random, (factor * rows) / 25_000, 1.2), 5),
      )
      return {
        name: `${name}-rows`,
        title,
        size: `${rows.toLocaleString('en-US')} rows`,
        rows,
        axis: { name: 'rows', value: rows },
        reference: 'duckdb',
        outcomes,
        remarks: rows === 6e7 && name === 'join' ? ['time per row grew by 1.41 from the size before'] : [],
      }
    }),
  )
  const byThreads = Object.entries(works).flatMap(([name, title]) =>
    [1, 2, 4].map((threads): CaseResults => {
      const outcomes = Object.entries(engines).map(([engine, factor]) =>
        done(random, engine, around(random, 200 * factor * (0.15 + 0.85 / Math.min(threads, 2.2)), 1.08), 5),
      )
      const size = `${threads} thread${threads === 1 ? '' : 's'}`
      const axis = { name: 'threads', value: threads } as const
      return { name: `${name}-threads`, title, size, rows: 6e6, axis, reference: 'duckdb', outcomes, remarks: [] }
    }),
  )
  return {
    name: 'scaling',
    title: 'Time by rows and by threads',
    conditions: ['Medians of five runs.'],
    cases: [...byRows, ...byThreads],
  }
}

function outOfCore(random: Random, pace: typeof PACE): SuiteResults {
  const engines = {
    duckdb: 1,
    'volley auto': pace.volley * 1.2,
    'volley bigdata': pace.volley * 1.25,
    'volley bulk': 1.6,
    polars: 2.4,
  }
  const limits = { '384 MB': 384e6, '1.00 GB': 1e9 }
  const cases = ['groupby', 'join', 'sort', 'distinct'].flatMap((name) =>
    Object.entries(limits).map(([size, limitBytes]): CaseResults => {
      const time = around(random, 14_000, 2) * (limitBytes / 384e6)
      const outcomes = Object.entries(engines).map(([engine, factor]): Outcome => {
        if (engine === 'polars' && name === 'distinct')
          return { engine, status: 'absent', reason: 'has no streaming distinct' }
        if (engine === 'polars' && name === 'sort')
          return { engine, status: 'failed', reason: 'held more than 4 times the limit, and was killed' }
        const milliseconds = around(random, time * factor, 1.2)
        const memory = course(
          random,
          milliseconds,
          limitBytes,
          engine === 'polars' ? 2.6 : 0.97,
          engine === 'volley bulk',
        )
        const peakBytes = Math.max(...memory.samples.map(({ residentBytes }) => residentBytes))
        const figures: Figure[] = [
          { name: 'peak/limit', value: peakBytes / limitBytes, unit: 'ratio' },
          { name: 'spilled', value: Math.round(around(random, limitBytes * 3, 1.5)), unit: 'bytes' },
        ]
        return done(random, engine, milliseconds, 1, {
          peakBytes,
          cpuMilliseconds: milliseconds * 1.7,
          figures,
          memory,
        })
      })
      const title = `${name} of ten times the limit`
      return {
        name,
        title,
        size,
        rows: Math.round(limitBytes / 40),
        axis: null,
        reference: 'duckdb',
        outcomes,
        remarks: [],
      }
    }),
  )
  return {
    name: 'out-of-core',
    title: 'Tables of ten times the memory limit, Parquet to Parquet',
    conditions: ['Each engine in a process of its own, once.', 'Peaks are of the whole process.'],
    cases,
  }
}

function course(
  random: Random,
  milliseconds: number,
  limitBytes: number,
  height: number,
  switches: boolean,
): MemoryCourse {
  const samples = Array.from({ length: 60 }, (_, i) => {
    const part = i / 59
    const level = height * Math.min(1, part * 3) * (part > 0.9 ? 0.8 : 1)
    return {
      milliseconds: part * milliseconds,
      residentBytes: Math.round(90e6 + (limitBytes - 90e6) * level * (0.94 + 0.06 * random())),
    }
  })
  const reason = 'the process holds 97 % of its limit'
  return {
    limitBytes,
    samples,
    switches: switches ? [{ milliseconds: milliseconds * 0.31, strategy: 'bigdata', reason }] : [],
  }
}

function startup(random: Random): SuiteResults {
  const engines = { volley: 210, duckdb: 95, polars: 70, arquero: 120 }
  const works = { import: 'Import of the package', 'first-result': 'From opening to the first result of a small query' }
  const cases = Object.entries(works).map(([name, title], i): CaseResults => {
    const outcomes = Object.entries(engines).map(([engine, typical]) =>
      done(random, engine, typical * (1 + i), 9, {
        figures: [{ name: 'modules', value: Math.round(typical / 3), unit: 'rows' }],
      }),
    )
    return {
      name,
      title,
      size: '',
      rows: null,
      axis: null,
      reference: null,
      outcomes,
      remarks: ['the system cache is warm'],
    }
  })
  return { name: 'startup', title: 'Fresh processes', conditions: [], cases }
}
