/**
 * Races volley, DuckDB and nodejs-polars side by side on the same generated data.
 *
 *   npm run bench -- [--rows 6000000] [--threads N] [--suite q6,q1,...] [--runs N] [--quick] [--json]
 *
 * Exits with 1 if an engine fails or gives another answer than DuckDB.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { warehouseFiles } from '../data-fixtures/warehouse.js'
import { ENGINE_NAMES, type EngineName, type Field, type Suite } from './contest.js'
import { openDuckDb } from './engines/duckdb.js'
import { openPolars } from './engines/polars.js'
import { openVolley } from './engines/volley.js'
import { measure, type WarmUp } from './measure.js'
import { reportJson, reportTable, type Setting, type SuiteResult } from './report-table.js'
import { SUITES } from './suites/all.js'

const DATA = fileURLToPath(new URL('../../native-bench/.data', import.meta.url))
const FULL = { rows: 6_000_000, runs: 7, warmUp: { runs: 8, milliseconds: 1_000 } }
const QUICK = { rows: 200_000, runs: 2, warmUp: { runs: 0, milliseconds: 0 } }

interface Plan {
  readonly rows: number
  readonly threads: number
  readonly runs: number
  readonly warmUp: WarmUp
  readonly suites: readonly Suite[]
  readonly json: boolean
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      threads: { type: 'string' },
      runs: { type: 'string' },
      suite: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const size = values.quick ? QUICK : FULL
  return {
    rows: wholeNumber('rows', values.rows) ?? size.rows,
    threads: wholeNumber('threads', values.threads) ?? availableParallelism(),
    runs: wholeNumber('runs', values.runs) ?? size.runs,
    warmUp: size.warmUp,
    suites: chooseSuites(values.suite),
    json: values.json,
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number from 1 up, not ${text}`)
  return value
}

function chooseSuites(names: string | undefined): readonly Suite[] {
  if (names === undefined) return SUITES
  return names.split(',').map((name) => {
    const suite = SUITES.find((candidate) => candidate.name === name.trim())
    if (suite === undefined) throw new Error(`no suite ${name}: there are ${SUITES.map((one) => one.name).join(', ')}`)
    return suite
  })
}

function numbers({ rows, threads, warmUp, runs }: Plan): Omit<Setting, 'versions'> {
  return { rows, threads, warmUp, runs }
}

async function race(plan: Plan): Promise<boolean> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`)
  note(`preparing ${plan.rows.toLocaleString('en-US')} rows`)
  const files = await warehouseFiles(DATA, plan.rows)
  const outputs = await mkdtemp(join(tmpdir(), 'volley-bench-'))
  const [polars, duckdb, volley] = [
    await openPolars(plan.threads),
    await openDuckDb(plan.threads),
    await openVolley(plan.threads),
  ]
  const results: SuiteResult[] = []
  try {
    const field: Field = { files, outputs, volley, duckdb, polars }
    for (const suite of plan.suites) {
      note(`${suite.name}: ${suite.title}`)
      results.push({ suite, outcomes: await measure(await suite.prepare(field), plan.warmUp, plan.runs) })
    }
  } finally {
    await volley.close()
    duckdb.close()
    await rm(outputs, { recursive: true, force: true })
  }
  const versions: Record<EngineName, string> = {
    volley: volley.version,
    duckdb: duckdb.version,
    polars: polars.version,
  }
  const setting: Setting = { ...numbers(plan), versions }
  process.stdout.write(plan.json ? reportJson(setting, results) : reportTable(setting, results))
  return results.every(
    ({ outcomes }) => outcomes.length === ENGINE_NAMES.length && !outcomes.some((one) => 'failure' in one),
  )
}

process.exitCode = (await race(readPlan())) ? 0 : 1
