/**
 * Races volley, DuckDB and nodejs-polars on the same generated data: side by side in one process, or in trials, each in
 * a process of its own, which are run if asked for.
 *
 *   npm run bench -- [--rows 6000000] [--threads N] [--suite q6,q1,...] [--runs N] [--quick] [--json]
 *   npm run bench -- --suite strategies
 *   npm run bench -- --suite out-of-core [--limit 384MB,512MB,1GB] [--case groupby,join,sort,distinct] [--scale 1]
 *                    [--engine auto,bigdata,bulk,row,polars] [--patience MINUTES] [--resume]
 *   npm run bench -- --suite pipeline [--rows 6000000] [--scale 1]
 *
 * `--scale 1` is data of ten times the limit and, of pipelines, a stream of 60,000,000 rows. `--resume` keeps what an earlier call has measured. Exits with 1 if an engine of a race fails or gives another answer than
 * DuckDB, or if volley does in a trial.
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { warehouseFiles } from '../data-fixtures/warehouse.js'
import { ENGINE_NAMES, type EngineName, type Field } from './contest.js'
import { openDuckDb } from './engines/duckdb.js'
import { openPolars } from './engines/polars.js'
import { openVolley } from './engines/volley.js'
import { measure } from './measure.js'
import { type Plan, readPlan } from './options.js'
import { measurePipelines } from './pipelines/measure.js'
import { pipelineTable } from './pipelines/report.js'
import { machineLine, reportJson, reportTable, type Setting, type SuiteResult } from './report-table.js'
import { raceOutOfCore, type Surroundings } from './trials/out-of-core.js'
import type { Outcome } from './trials/outcome.js'
import { openRecords } from './trials/records.js'
import { outOfCoreJson, outOfCoreTable, strategiesJson, strategiesTable } from './trials/report.js'
import { raceStrategies } from './trials/strategies.js'

const DATA = fileURLToPath(new URL('../../native-bench/.data', import.meta.url))
const RECORDS = fileURLToPath(new URL('../../native-bench/results/out-of-core.jsonl', import.meta.url))

/** What a part of the benchmark has to say. */
interface Section {
  readonly text: string
  readonly json: object
  readonly passed: boolean
}

function note(text: string): void {
  process.stderr.write(`${clearLine()}${text}\n`)
}

/** A line that the next one replaces; on a terminal only. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${clearLine()}${text}`)
}

function clearLine(): string {
  return process.stderr.isTTY ? '\r\u001b[K' : ''
}

async function race(plan: Plan): Promise<Section> {
  const { rows, runs, threads, warmUp } = plan
  note(`preparing ${rows.toLocaleString('en-US')} rows`)
  const files = await warehouseFiles(DATA, rows)
  const outputs = await mkdtemp(join(tmpdir(), 'volley-bench-'))
  const [polars, duckdb, volley] = [await openPolars(threads), await openDuckDb(threads), await openVolley(threads)]
  const results: SuiteResult[] = []
  try {
    const field: Field = { files, outputs, volley, duckdb, polars }
    for (const suite of plan.suites) {
      note(`${suite.name}: ${suite.title}`)
      results.push({ suite, outcomes: await measure(await suite.prepare(field), warmUp, runs) })
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
  const setting: Setting = { rows, threads, warmUp, runs, versions }
  return {
    text: reportTable(setting, results),
    json: reportJson(setting, results),
    passed: results.every(
      ({ outcomes }) => outcomes.length === ENGINE_NAMES.length && !outcomes.some((one) => 'failure' in one),
    ),
  }
}

async function strategies(plan: NonNullable<Plan['strategies']>, surroundings: Surroundings): Promise<Section> {
  const results = await raceStrategies({ ...plan, files: await warehouseFiles(DATA, plan.rows) }, surroundings)
  return {
    text: strategiesTable(results),
    json: { strategies: strategiesJson(results) },
    passed: results.every(({ outcomes }) => outcomes.every(({ label, outcome }) => acceptable(label, outcome))),
  }
}

async function outOfCore(plan: Plan, surroundings: Surroundings): Promise<Section> {
  const results = await raceOutOfCore(plan.outOfCore!, surroundings, openRecords(RECORDS, plan.resume))
  return {
    text: outOfCoreTable(results),
    json: { outOfCore: outOfCoreJson(results) },
    passed: results.every(({ outcomes }) =>
      outcomes.every(({ contender, outcome }) => acceptable(contender.label, outcome)),
    ),
  }
}

async function pipelines(plan: NonNullable<Plan['pipeline']>): Promise<Section> {
  note(`preparing ${plan.rows.toLocaleString('en-US')} rows`)
  const { lineitem } = await warehouseFiles(DATA, plan.rows)
  const result = await measurePipelines({ ...plan, lineitem }, progress)
  // What falls short of a bar is said; a small run of it is no failure.
  return { text: pipelineTable(result), json: { pipeline: result }, passed: true }
}

/** Other engines may fail in trials: that is listed like any other outcome. */
function acceptable(label: string, outcome: Outcome): boolean {
  return outcome.kind !== 'failed' || !label.startsWith('volley')
}

async function run(plan: Plan): Promise<boolean> {
  await mkdir(DATA, { recursive: true })
  const surroundings: Surroundings = { directory: DATA, note, progress }
  const sections: Section[] = []
  if (plan.suites.length > 0) sections.push(await race(plan))
  if (plan.strategies !== null) sections.push(await strategies(plan.strategies, surroundings))
  if (plan.outOfCore !== null) sections.push(await outOfCore(plan, surroundings))
  if (plan.pipeline !== null) sections.push(await pipelines(plan.pipeline))
  progress('')
  const output = plan.json
    ? JSON.stringify(Object.assign({ machine: machineLine() }, ...sections.map(({ json }) => json)), null, 2)
    : [machineLine(), ...sections.map(({ text }) => text)].join('\n')
  process.stdout.write(`${output}\n`)
  return sections.every(({ passed }) => passed)
}

process.exitCode = (await run(readPlan(process.argv.slice(2)))) ? 0 : 1
