/** `volley sql`: a query over files, to a file or to standard output. */

import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromArrowSchema } from '../../../io/arrow/schema.js'
import { col } from '../../../planner/builder.js'
import type { Frame } from '../../../planner/frame.js'
import { formatCount, formatDuration } from '../../../planner/quantities.js'
import type { RunReport } from '../../../planner/run-options.js'
import { type DataType, isNested, isNumeric, type Schema } from '../../../planner/types.js'
import type { Request } from '../command-line/request.js'
import { jsonLine } from '../printing/json.js'
import { runSummary } from '../printing/run-summary.js'
import { textTable } from '../printing/text-table.js'
import type { Terminal } from '../terminal.js'
import { withEngine, withProgress } from '../with-engine.js'
import { checkRejects, recovering } from './rejects-file.js'
import { checkOutput, measureFiles, writeOutput } from './write-output.js'

type SqlRequest = Extract<Request, { kind: 'sql' }>
type RunFrame = (frame: Frame, path: string) => Promise<RunReport>

export async function runSql(request: SqlRequest, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { sql, output, run } = request
  if (sql.output !== null) checkOutput(sql.output, output)
  checkRejects(run, sql.output)
  const stop = AbortSignal.any([signal, terminal.readerGone])
  await withEngine(run, async (engine) => {
    const frame = engine.sql(sql.query)
    const write: RunFrame = (what, path) =>
      recovering(engine, run, output, stop, (recovery) =>
        withProgress(run, terminal, { ...recovery, signal: stop }, (options) =>
          writeOutput(what, path, output, options),
        ),
      )
    if (sql.output === null) return printRows(request, frame, write, terminal)
    const report = await write(frame, sql.output)
    if (run.json) return terminal.print(jsonLine(report))
    const { fields } = await frame.schema()
    const after = {
      label: sql.output,
      rows: report.rowsOut,
      columns: fields.length,
      ...(await measureFiles([sql.output])),
    }
    await terminal.print(runSummary(null, after, report, run.rejects))
  })
}

/**
 * Rows go through a temporary file, so that what is printed is what the writers write and the run has its report.
 * A table and JSON show the first `maxRows` rows, the other formats all.
 */
async function printRows(request: SqlRequest, frame: Frame, write: RunFrame, terminal: Terminal): Promise<void> {
  const { sql, run } = request
  const directory = await mkdtemp(join(tmpdir(), 'volley-sql-'))
  try {
    if (!run.json && sql.format !== 'table') {
      const path = join(directory, `rows.${sql.format}`)
      await write(frame, path)
      for await (const chunk of createReadStream(path, 'utf8')) await terminal.print(chunk as string)
      return
    }
    const path = join(directory, 'rows.ndjson')
    const schema = fromArrowSchema(await frame.schema())
    const shown = frame.limit(sql.maxRows + 1)
    const report = await write(run.json ? shown : asText(shown, schema), path)
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
    const more = lines.length > sql.maxRows
    const rows = lines.slice(0, sql.maxRows)
    await terminal.print(run.json ? jsonOf(report, schema, rows) : tableOf(report, schema, rows, more))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Every value as the text that SQL casts it to; nested values stay, JSON shows them. */
function asText(frame: Frame, schema: Schema): Frame {
  return frame.select(
    ...schema.fields.map(({ name, type }) => (isJson(type) ? col(name) : col(name).cast('VARCHAR').alias(name))),
  )
}

function isJson(type: DataType): boolean {
  return isNested(type) || type.kind === 'utf8' || type.kind === 'null'
}

/** The rows are put in as they were written: a parser would round large integers. */
function jsonOf(report: RunReport, schema: Schema, rows: readonly string[]): string {
  const columns = schema.fields.map((field) => field.name)
  const head = jsonLine({ ...report, columns })
    .trimEnd()
    .slice(0, -1)
  return `${head},"rows":[${rows.join(',')}]}\n`
}

function tableOf(report: RunReport, schema: Schema, rows: readonly string[], more: boolean): string {
  const columns = schema.fields.map(({ name, type }) => ({
    title: name,
    align: isNumeric(type) ? ('right' as const) : ('left' as const),
  }))
  const cells = rows.map((line) => {
    const row = JSON.parse(line) as Readonly<Record<string, unknown>>
    return schema.fields.map(({ name }) => cellText(row[name]))
  })
  const count = `${more ? 'the first ' : ''}${formatCount(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`
  return `${textTable(columns, cells)}(${count}, ${formatDuration(report.durationMs)})\n`
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
