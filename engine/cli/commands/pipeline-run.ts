/** `volley run`: runs a pipeline and says what its stages did. */

import { VolleyError } from '../../../planner/errors.js'
import type { PipelineReport } from '../../pipeline/report.js'
import type { Request } from '../command-line/request.js'
import { EXIT, reportInterruption } from '../failure.js'
import { jsonLine } from '../printing/json.js'
import { hasMoved, pipelineSummary } from '../printing/pipeline-summary.js'
import { stageProgress } from '../printing/stage-progress.js'
import type { Terminal } from '../terminal.js'
import { withEngine } from '../with-engine.js'

type RunRequest = Extract<Request, { kind: 'run' }>

/** Returns the exit code. */
export async function runPipelineFile(request: RunRequest, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { pipeline, mode, checkpoint, checkpointEvery, resume, reprocess, paramSets, run } = request
  if (paramSets !== null) {
    const { runParameterSets } = await import('./pipeline-runs.js')
    return runParameterSets({ ...request, paramSets }, terminal, signal)
  }
  return withEngine(run, async (engine) => {
    const progress = stageProgress(terminal, run.progress)
    try {
      const report = await engine.pipeline(pipeline.path).run({
        params: pipeline.params,
        strategy: run.strategy,
        signal,
        ...(mode === null ? {} : { mode }),
        ...(checkpoint === null ? {} : { checkpoint, checkpointEvery, resume }),
        ...(reprocess === null ? {} : { reprocess }),
        ...(progress === null ? {} : { onProgress: progress.stage, onPhase: progress.phase }),
      })
      progress?.clear()
      await terminal.print(run.json ? jsonLine(report) : pipelineSummary(report, terminal.printColumns))
      if (report.status === 'done') return EXIT.done
      for (const { error } of report.stages) if (error !== null) terminal.note(`error: ${error.message}\n`)
      return EXIT.failed
    } catch (error) {
      progress?.clear()
      if (signal.aborted && checkpoint !== null) {
        return reportInterruption(terminal, run.json, `go on with --checkpoint ${checkpoint} --resume`)
      }
      const report = error instanceof VolleyError ? (error.details.report as PipelineReport | undefined) : undefined
      const isForPeople = !run.json && run.progress !== 'json' && !signal.aborted
      if (report !== undefined && isForPeople && hasMoved(report)) {
        terminal.note(`${pipelineSummary(report, terminal.interactive ? terminal.columns : null)}\n`)
      }
      throw error
    } finally {
      progress?.clear()
    }
  })
}
