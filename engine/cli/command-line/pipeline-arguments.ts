/** What `run`, `plan` and `validate` are told of a pipeline. */

import { parseDuration } from '../../../planner/quantities.js'
import { PIPELINE_MODES } from './options.js'
import type { CheckpointInterval, PipelineArguments, Request } from './request.js'
import { runArguments } from './run-arguments.js'
import type { Words } from './words.js'

export function runRequest(words: Words): Request {
  const checkpoint = words.list('checkpoint').at(-1) ?? null
  const resume = words.flag('resume') === true
  if (resume && checkpoint === null) throw words.wrong('--resume needs the job to go on with: --checkpoint ID')
  const reprocess = words.list('reprocess').at(-1) ?? null
  const paramSets = words.list('param-sets').at(-1) ?? null
  if (checkpoint !== null && reprocess !== null) throw words.wrong('--reprocess keeps no checkpoint')
  if (paramSets !== null && (checkpoint !== null || reprocess !== null)) {
    throw words.wrong('--param-sets takes neither --checkpoint nor --reprocess')
  }
  const maxConcurrent = words.integer('max-concurrent', 1)
  if (maxConcurrent !== undefined && paramSets === null) throw words.wrong('--max-concurrent is for --param-sets FILE')
  return {
    kind: 'run',
    pipeline: pipelineArguments(words),
    mode: words.choice('mode', PIPELINE_MODES) ?? null,
    checkpoint,
    checkpointEvery: checkpointInterval(words, checkpoint),
    resume,
    reprocess,
    paramSets,
    maxConcurrent: maxConcurrent ?? 1,
    run: runArguments(words),
  }
}

function checkpointInterval(words: Words, checkpoint: string | null): CheckpointInterval {
  const text = words.list('checkpoint-every').at(-1)
  if (text === undefined) return {}
  if (checkpoint === null) throw words.wrong('--checkpoint-every needs the name of the job: --checkpoint ID')
  const milliseconds = Math.round(parseDuration(text))
  if (milliseconds >= 1) return { milliseconds }
  const batches = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(batches) && batches >= 1) return { batches }
  throw words.wrong(
    `--checkpoint-every takes a number of batches or a time such as 500ms or 30s, not ${JSON.stringify(text)}`,
  )
}

export function pipelineArguments(words: Words): PipelineArguments {
  const { positionals } = words
  if (positionals.length !== 1) throw words.wrong(`takes one pipeline, got ${positionals.length}`)
  const params = words.list('param').map((text): [string, string] => {
    const equals = text.indexOf('=')
    if (equals <= 0) throw words.wrong(`--param takes K=V, not ${JSON.stringify(text)}`)
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  return { path: positionals[0], params: Object.fromEntries(params) }
}
