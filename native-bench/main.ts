/** Races volley and native engines, and writes what came of it: see its help. */

import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBenchTables } from '../data-fixtures/bench-tables.js'
import { commandHelp } from '../engine/cli/help.js'
import { COMMANDS } from '../engine/cli/options.js'
import { formatDuration } from '../planner/quantities.js'
import { thisCommit, thisMachine } from './machine.js'
import { type Plan, readPlan, WrongUsage } from './options.js'
import { removeStaleOutputs } from './outputs.js'
import { openRecords, type Records } from './records.js'
import { htmlPage } from './report/html.js'
import { textReport } from './report/text.js'
import { type CaseResults, RESULTS_FORMAT, type Results, type Settings, type SuiteResults } from './results.js'
import type { Setting } from './suite.js'
import { SUITES } from './suites/all.js'

/** Where data and results are kept: with the sources, or where there are none in the working directory. */
const SOURCES = fileURLToPath(new URL('../../native-bench', import.meta.url))
const HOME = existsSync(SOURCES) ? SOURCES : resolve('volley-bench')

class Benchmark {
  private readonly started = new Date()
  private versions: Readonly<Record<string, string>> = { node: process.versions.node }
  private readonly records: Records
  private readonly data: string

  constructor(private readonly plan: Plan) {
    this.data = resolve(plan.data ?? join(HOME, '.data'))
    // What was measured is only good for a benchmark that asks for the same.
    const { resume, output, suites, ...asked } = plan
    this.records = openRecords(join(HOME, 'results', 'unfinished.jsonl'), resume, JSON.stringify(asked))
  }

  /** Runs the suites one after the other. */
  async run(): Promise<Results> {
    await mkdir(this.data, { recursive: true })
    await removeStaleOutputs(this.data)
    const suites: SuiteResults[] = []
    for (const suite of this.plan.suites) {
      const { measure, name, title } = suite
      note(`${name}: ${title}`)
      const results = await measure(this.setting)
      if (results.cases.length > 0) suites.push(results)
    }
    this.records.remove()
    const { quick, threads, runs, memoryLimitBytes } = this.plan
    const settings: Settings = { quick, threads, runs, memoryLimitBytes }
    return {
      format: RESULTS_FORMAT,
      startedAt: this.started.toISOString(),
      machine: thisMachine(),
      versions: this.versions,
      commit: thisCommit(),
      settings,
      suites,
    }
  }

  private get setting(): Setting {
    const { cases, engines } = this.plan
    return {
      ...this.plan,
      wantsCase: (name) => cases === null || cases.includes(name),
      wantsEngine: (name) => engines === null || engines.includes(name),
      dataDirectory: this.data,
      tables: (rows) => openBenchTables(this.data, rows),
      measured: (suite, name, size, measure) => this.measured(suite, name, size, measure),
      records: this.records,
      progress,
      addVersions: (versions) => {
        this.versions = { ...this.versions, ...versions }
      },
    }
  }

  private async measured(
    suite: string,
    name: string,
    size: string,
    measure: () => Promise<CaseResults>,
  ): Promise<CaseResults> {
    const title = [suite, name, size].filter((word) => word !== '').join(' ')
    progress(title)
    const started = performance.now()
    const results = await this.records.kept(title, measure)
    note(`  ${title}: ${formatDuration(performance.now() - started)}`)
    return results
  }
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

/** Other engines may fail where there is a reference to compare with: that is listed like any other outcome. */
function hasPassed({ suites }: Results): boolean {
  return suites.every(({ cases }) =>
    cases.every(({ outcomes }) =>
      outcomes.every(({ engine, status }) => status !== 'failed' || !engine.startsWith('volley')),
    ),
  )
}

async function write(results: Results, output: string | null): Promise<string> {
  const stamp = results.startedAt.replaceAll(/[:.]/g, '-')
  const path = output ?? join(HOME, 'results', `${stamp}.json`)
  await mkdir(dirname(resolve(path)), { recursive: true })
  await writeFile(path, `${JSON.stringify(results, null, 1)}\n`)
  const page = `${path.replace(/\.json$/, '')}.html`
  await writeFile(page, htmlPage([results]))
  note(`written: ${path}, ${page}`)
  return path
}

function listOfSuites(): string {
  return SUITES.map(({ name, title, cases }) => `${name}: ${title}\n  ${cases.join(', ')}`).join('\n')
}

async function main(words: readonly string[]): Promise<number> {
  try {
    const plan = readPlan(words, SUITES)
    if (plan === 'help' || plan === 'list') {
      process.stdout.write(plan === 'help' ? commandHelp(COMMANDS.bench) : `${listOfSuites()}\n`)
      return 0
    }
    const results = await new Benchmark(plan).run()
    await write(results, plan.output)
    process.stdout.write(plan.json ? `${JSON.stringify(results)}\n` : textReport(results))
    return hasPassed(results) ? 0 : 1
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error
    process.stderr.write(`${error.message}; see --help\n`)
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
