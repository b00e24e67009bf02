/** `volley run --param-sets`: runs a pipeline once for each set of parameters of a file. */

import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { readError } from '../../../io/file-errors.js'
import { VolleyError } from '../../../planner/errors.js'
import { formatCount, formatDuration } from '../../../planner/quantities.js'
import type { Parameters } from '../../pipeline/pipeline-input.js'
import type { MultipleReport, OneOfMultiple } from '../../pipeline/run-multiple.js'
import type { ParameterValue } from '../../pipeline/yaml/parameters.js'
import type { Engine } from '../../session.js'
import type { Request } from '../command-line/request.js'
import { EXIT } from '../failure.js'
import { jsonLine } from '../printing/json.js'
import { textTable } from '../printing/text-table.js'
import type { Terminal } from '../terminal.js'
import { withEngine } from '../with-engine.js'

type RunRequest = Extract<Request, { kind: 'run' }> & { readonly paramSets: string }

/** Returns the exit code: that of a failure if any run failed. */
export async function runParameterSets(request: RunRequest, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { pipeline, mode, maxConcurrent, paramSets: path, run } = request
  return withEngine(run, async (engine) => {
    const paramSets = await readParameterSets(engine, path)
    let ended = 0
    const report = await engine.pipeline(pipeline.path).runMultiple({
      paramSets,
      params: pipeline.params,
      maxConcurrent,
      signal,
      ...(mode === null ? {} : { mode }),
      ...(run.strategy === undefined ? {} : { strategy: run.strategy }),
      onRun: (outcome) => {
        ended++
        if (run.progress === false) return
        terminal.note(
          run.progress === 'json'
            ? jsonLine({ event: 'run', index: outcome.index, params: outcome.params, status: outcome.status })
            : `run ${ended} of ${paramSets.length}: ${named(outcome.params)}: ${outcome.status}\n`,
        )
      },
    })
    await terminal.print(run.json ? jsonLine(report) : summary(report))
    if (report.status === 'aborted') return EXIT.interrupted
    return report.status === 'done' ? EXIT.done : EXIT.failed
  })
}

/** @throws VolleyError VOLLEY_FILE_NOT_FOUND, VOLLEY_INVALID_ARGUMENT */
async function readParameterSets(engine: Engine, path: string): Promise<readonly Parameters[]> {
  const sets = await parsed(engine, path)
  const isSet = (set: unknown) => typeof set === 'object' && set !== null && !Array.isArray(set)
  if (Array.isArray(sets) && sets.length > 0 && sets.every(isSet)) return sets as readonly Parameters[]
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `${path}: expected a list of mappings of parameters, at least one`, {
    path,
  })
}

async function parsed(engine: Engine, path: string): Promise<unknown> {
  const extension = extname(path).toLowerCase()
  if (extension === '.csv' || extension === '.tsv') return textRows(engine, path)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw readError(path, error)
  })
  try {
    switch (extension) {
      case '.json':
        return JSON.parse(text)
      case '.ndjson':
      case '.jsonl':
        return text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line) as unknown)
      case '.yaml':
      case '.yml': {
        const { parse } = await import('yaml')
        return parse(text)
      }
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `${path}: ${message}`, { path }, cause)
  }
  throw new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `${path}: sets of parameters are read from .yaml, .json, .ndjson or .csv, not '${extension}'`,
    { path },
  )
}

/** Values stay text: the pipeline says what they are. */
async function textRows(engine: Engine, path: string): Promise<readonly Parameters[]> {
  const { fields } = await engine.scanCsv(path).schema()
  const types = Object.fromEntries(fields.map(({ name }) => [name, 'varchar']))
  const rows: Parameters[] = []
  for await (const row of engine.scanCsv(path, { types }).rows()) rows.push(row as Record<string, ParameterValue>)
  return rows
}

function summary({ runs, succeeded, failed, others, durationMs }: MultipleReport): string {
  const counts = [
    `${formatCount(succeeded)} done`,
    ...(failed === 0 ? [] : [`${formatCount(failed)} failed`]),
    ...(others === 0 ? [] : [`${formatCount(others)} not run to the end`]),
  ]
  const table = textTable(
    [
      { title: 'run', align: 'right' },
      { title: 'parameters', align: 'left' },
      { title: 'status', align: 'left' },
      { title: 'rows out', align: 'right' },
      { title: 'time', align: 'right' },
    ],
    runs.map(cells),
  )
  const errors = runs.flatMap(({ index, error }) => (error === null ? [] : [`run ${index + 1}: ${error.message}\n`]))
  return [
    `${formatCount(runs.length)} runs in ${formatDuration(durationMs)}: ${counts.join(', ')}\n`,
    table,
    errors.join(''),
  ].join('\n')
}

function cells({ index, params, status, report }: OneOfMultiple): string[] {
  const loaded = (report?.stages ?? []).filter(({ kind }) => kind === 'consumer')
  const rows = loaded.reduce((sum, { rowsOut }) => sum + (rowsOut ?? 0), 0)
  const time = report === null ? '' : formatDuration(report.durationMs)
  return [String(index + 1), named(params), status, report === null ? '' : formatCount(rows), time]
}

function named(params: Parameters): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
