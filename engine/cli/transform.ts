/** `volley transform`: read, shape, write, tell. */

import type { Request } from './command-line.js'
import { jsonLine } from './json.js'
import { type Extent, runSummary } from './run-summary.js'
import { scanInputs, shape } from './shape.js'
import type { Terminal } from './terminal.js'
import { UsageError } from './usage-error.js'
import { withEngine, withProgress } from './with-engine.js'
import { checkOutput, measureFiles, writeOutput } from './write-output.js'

type TransformRequest = Extract<Request, { kind: 'transform' | 'explain' }>

export async function runTransform(request: TransformRequest, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { transform, output, run } = request
  const path = transform.output
  if (path === null) throw new UsageError('transform: takes an output')
  checkOutput(path, output)
  await withEngine(run, async (engine) => {
    const input = scanInputs(engine, transform.inputs)
    const frame = await shape(input, transform)
    const report = await withProgress(run, terminal, signal, (options) => writeOutput(frame, path, output, options))
    if (run.json) return terminal.print(jsonLine(report))
    const after: Extent = {
      label: path,
      rows: report.rowsOut,
      columns: (await frame.schema()).fields.length,
      ...(await measureFiles([path])),
    }
    const before: Extent = {
      label: transform.inputs.join(', '),
      rows: await input.count(),
      columns: (await input.schema()).fields.length,
      ...(await measureFiles(inputFiles(transform.inputs))),
    }
    await terminal.print(runSummary(before, after, report))
  })
}
