/** `volley run`: runs a pipeline and says what its stages did. */

import { formatBytes, formatCount, formatDuration } from '../../planner/quantities.js'
import type { PipelineReport, StageReport } from '../pipeline/report.js'
import type { Request } from './command-line.js'
import { EXIT } from './failure.js'
import { jsonLine } from './json.js'
import { stageProgress } from './stage-progress.js'
import type { Terminal } from './terminal.js'
import { textTable } from './text-table.js'
import { withEngine } from './with-engine.js'

type RunRequest = Extract<Request, { kind: 'run' }>

/** Returns the exit code. */
export async function runPipelineFile(request: RunRequest, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { pipeline, mode, checkpoint, checkpointEvery, resume, run } = request
  return withEngine(run, async (engine) => {
    const progress = stageProgress(terminal, run.progress)
    try {
      const report = await engine.pipeline(pipeline.path).run({
        params: pipeline.params,
        strategy: run.strategy,
        signal,
        ...(mode === null ? {} : { mode }),
        ...(checkpoint === null ? {} : { checkpoint, checkpointEvery, resume }),
        ...(progress === null ? {} : { onProgress: progress.show }),
      })
      progress?.clear()
      await terminal.print(run.json ? jsonLine(report) : summary(report))
      if (report.status === 'done') return EXIT.done
      for (const { error } of report.stages) if (error !== null) terminal.note(`error: ${error.message}\n`)
      return EXIT.failed
    } finally {
      progress?.clear()
    }
  })
}

function summary(report: PipelineReport): string {
  const { name, mode, status, durationMs, outputs, peakRssBytes } = report
  return [
    `${name}: ${status} in ${formatDuration(durationMs)}, mode ${mode}, ${formatBytes(peakRssBytes)} of memory at most`,
    '',
    textTable(
      [
        { title: 'stage', align: 'left' },
        { title: 'kind', align: 'left' },
        { title: 'status', align: 'left' },
        { title: 'rows in', align: 'right' },
        { title: 'rows out', align: 'right' },
        { title: 'time', align: 'right' },
      ],
      report.stages.map(stageCells),
    ),
    ...outputs.map((output) => `→ ${output}\n`),
  ].join('\n')
}

function stageCells({ id, kind, status, because, rowsIn, rowsOut, durationMs }: StageReport): string[] {
  const count = (rows: number | null) => (rows === null ? '' : formatCount(rows))
  const state = because === null ? status : `${status}, as ${because} failed`
  return [id, kind, state, count(rowsIn), count(rowsOut), durationMs < 1 ? '' : formatDuration(durationMs)]
}
