/** `volley plan` and `volley validate`: what a pipeline is, without running it. */

import { planOf } from '../../pipeline/pipeline-handle.js'
import { placedError } from '../../pipeline/pipeline-input.js'
import type { PipelineValidation } from '../../pipeline/validation.js'
import { loadPipeline } from '../../pipeline/yaml/load-pipeline.js'
import type { Request } from '../command-line/request.js'
import { EXIT, problemText } from '../failure.js'
import { jsonLine, jsonText } from '../printing/json.js'
import type { Terminal } from '../terminal.js'

type PlanRequest = Extract<Request, { kind: 'plan' }>
type ValidateRequest = Extract<Request, { kind: 'validate' }>

export async function showPlan({ pipeline, format, order }: PlanRequest, terminal: Terminal): Promise<void> {
  const { definition, locate } = loadPipeline(pipeline.path, pipeline.params)
  const plan = await planOf(definition, order).catch((error: unknown) => {
    throw placedError(error, locate)
  })
  switch (format) {
    case 'text':
      return terminal.print(plan.toText())
    case 'mermaid':
      return terminal.print(plan.toMermaid())
    case 'dot':
      return terminal.print(plan.toDot())
    case 'json':
      return terminal.print(jsonText(plan.toJSON()))
  }
}

/** Returns the exit code. */
export async function validateFile({ pipeline, json }: ValidateRequest, terminal: Terminal): Promise<number> {
  const { path, params } = pipeline
  const { open } = await import('../../session.js')
  const engine = await open({ threads: 1 })
  try {
    const validation = await engine.pipeline(path).validate(params)
    const { isValid, problems } = validation
    if (json) await terminal.print(jsonLine(validation))
    else if (isValid) await terminal.print(`${path} is valid: ${stagesText(validation)}\n`)
    if (isValid) return EXIT.done
    terminal.note(
      problemText(
        problems.map(({ file, line, column, message }) => ({
          file: file ?? path,
          line: line ?? 1,
          column: column ?? 1,
          message,
        })),
      ),
    )
    return EXIT.failed
  } finally {
    await engine.close()
  }
}

function stagesText({ columns }: PipelineValidation): string {
  const known = Object.values(columns).filter((one) => one !== null).length
  const stages = Object.keys(columns).length
  const rest = stages - known
  return `${stages} stages${rest === 0 ? '' : `, of which ${rest} have columns that only a run tells`}`
}
