/** `volley transform`: read, shape, write, tell. */

import type { FileFormat } from '../../../io/file-format.js'
import { openParquet } from '../../../io/parquet/open-file.js'
import type { Frame } from '../../../planner/frame.js'
import type { Request } from '../command-line/request.js'
import { UsageError } from '../command-line/usage-error.js'
import { jsonLine } from '../printing/json.js'
import { type Extent, runSummary } from '../printing/run-summary.js'
import type { Terminal } from '../terminal.js'
import { withEngine, withProgress } from '../with-engine.js'
import { inputFiles, inputsFormat } from './formats.js'
import { checkRejects, recovering } from './rejects-file.js'
import { scanInputs, shape } from './shape.js'
import { checkOutput, measureFiles, writeOutput } from './write-output.js'

type TransformRequest = Extract<Request, { kind: 'transform' | 'explain' }>

export async function runTransform(request: TransformRequest, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { transform, output, run } = request
  const path = transform.output
  if (path === null) throw new UsageError('takes an output')
  checkOutput(path, output)
  checkRejects(run, path)
  const { inputs } = transform
  const format = inputsFormat(inputs)
  await withEngine(run, async (engine) => {
    const input = scanInputs(engine, inputs, format)
    const frame = await shape(input, transform)
    // Measured first: the output may replace an input.
    const before = run.json ? null : await inputExtent(input, inputs, format)
    const report = await recovering(engine, run, output, signal, (recovery) =>
      withProgress(run, terminal, { ...recovery, signal }, (options) => writeOutput(frame, path, output, options)),
    )
    if (before === null) return terminal.print(jsonLine(report))
    const { fields } = await frame.schema()
    const after = { label: path, rows: report.rowsOut, columns: fields.length, ...(await measureFiles([path])) }
    await terminal.print(runSummary({ ...before, rows: before.rows ?? report.rowsIn }, after, report, run.rejects))
  })
}

/** Only footers tell the number of rows without reading them. */
async function inputExtent(input: Frame, inputs: readonly string[], format: FileFormat): Promise<Extent> {
  const { fields } = await input.schema()
  const files = inputFiles(inputs, format)
  return {
    label: inputs.length === 1 ? inputs[0] : `${inputs[0]} and ${inputs.length - 1} more`,
    rows: format === 'parquet' ? files.reduce((rows, file) => rows + openParquet(file).metadata.rows, 0) : null,
    columns: fields.length,
    ...(await measureFiles(files)),
  }
}
