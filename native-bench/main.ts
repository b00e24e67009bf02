/** Races volley and native engines, and writes what came of it: see its help. */

import { existsSync, statSync } from 'node:fs'
import { access, constants, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBenchTables } from '../data-fixtures/bench-tables.js'
import { commandHelp } from '../engine/cli/command-line/help.js'
import { COMMANDS } from '../engine/cli/command-line/options.js'
import { VolleyError } from '../planner/errors.js'
import { formatDuration } from '../planner/quantities.js'
import { installedVersions, versionsOf } from './engines/versions.js'
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
const HOME = existsSync(join(SOURCES, 'main.ts')) ? SOURCES : resolve('volley-bench')

class Benchmark {
  private readonly started = new Date()
  private readonly commit = thisCommit()
  private readonly versions = installedVersions()
  private readonly records: Records
  private readonly data: string

  constructor(private readonly plan: Plan) {
    this.data = dataDirectory(plan.data)
    // What was measured is only good for a benchmark that asks for the same of the same programs.
    const { resume, output, suites, json, ...asked } = plan
    const { commit, versions } = this
    this.records = openRecords(this.data, resume, { asked, commit, versions, machine: thisMachine() })
    if (resume && this.records.known === 0) {
      note('nothing to go on with: no call with these options, commit and versions was interrupted')
    }
  }

  /** Runs the suites one after the other. */
  async run(): Promise<Results> {
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
      versions: versionsOf(suites, this.versions),
      commit: this.commit,
      settings,
      suites,
    }
  }

  private get setting(): Setting {
    const { cases, engines } = this.plan
    return {
      ...this.plan,
      wantsCase: (name) => cases === null || cases.includes(name),
      wantsEngine: (name) => engines === null || engines.some((wanted) => isOf(wanted, name)),
      dataDirectory: this.data,
      tables: (rows) => openBenchTables(this.data, rows),
      measured: (suite, name, size, measure) => this.measured(suite, name, size, measure),
      records: this.records,
      progress,
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
    let took = 'measured before'
    const results = await this.records.kept(title, async () => {
      const started = performance.now()
      const measured = await measure()
      took = formatDuration(performance.now() - started)
      return measured
    })
    note(`  ${title}: ${took}`)
    return results
  }
}

/** `volley bulk` is of `volley`, and `volley bulk, 384 MB` of both. */
function isOf(wanted: string, engine: string): boolean {
  return engine === wanted || engine.startsWith(`${wanted} `) || engine.startsWith(`${wanted},`)
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

/** Where results go whose file is not named. */
const RESULTS = join(HOME, 'results')

/** Before anything is measured: it would be lost. Throws `VolleyError` VOLLEY_IO for what cannot be written. */
async function expectWritable({ data, output }: Plan): Promise<void> {
  const folders = [dataDirectory(data), output === null ? RESULTS : dirname(resolve(output))]
  for (const folder of folders) await expectAccess(folder, () => mkdir(folder, { recursive: true }))
  if (output === null || !existsSync(output)) return
  if (statSync(output).isDirectory()) throw new WrongUsage(`--output takes a file, and ${output} is a directory`)
  await expectAccess(output, async () => {})
}

async function expectAccess(path: string, make: () => Promise<unknown>): Promise<void> {
  try {
    await make()
    await access(path, constants.W_OK)
  } catch (error) {
    throw new VolleyError('VOLLEY_IO', `${path} cannot be written: ${(error as Error).message}`, { path }, error)
  }
}

function dataDirectory(asked: string | null): string {
  return resolve(asked ?? join(HOME, '.data'))
}

async function write(results: Results, output: string | null): Promise<void> {
  const stamp = results.startedAt.replaceAll(/[:.]/g, '-')
  const path = output ?? join(RESULTS, `${stamp}.json`)
  await writeFile(path, `${JSON.stringify(results, null, 1)}\n`)
  const page = `${path.replace(/\.json$/, '')}.html`
  await writeFile(page, htmlPage([results]))
  note(`written: ${path}, ${page}`)
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
    await expectWritable(plan)
    const results = await new Benchmark(plan).run()
    await write(results, plan.output)
    process.stdout.write(plan.json ? `${JSON.stringify(results)}\n` : textReport(results))
    return hasPassed(results) ? 0 : 1
  } catch (error) {
    if (!(error instanceof WrongUsage) && !(error instanceof VolleyError)) throw error
    process.stderr.write(error instanceof WrongUsage ? `${error.message}; see --help\n` : `error: ${error.message}\n`)
    return error instanceof WrongUsage ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
