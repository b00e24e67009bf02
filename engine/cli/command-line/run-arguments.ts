/** What all commands that process rows are told of the run and of its output. */

import { splitNames } from './lists.js'
import { COMPRESSIONS, PROGRESS_FORMATS, STRATEGIES } from './options.js'
import type { OutputArguments, RunArguments } from './request.js'
import type { Words } from './words.js'

export function outputArguments(words: Words): OutputArguments {
  return {
    compression: words.choice('compression', COMPRESSIONS),
    rowGroupSize: words.integer('row-group-size', 1),
    partitionBy: words.list('partition-by').flatMap((text) => splitNames(text, 'partition-by')),
    overwrite: words.flag('overwrite') === true,
  }
}

export function runArguments(words: Words): RunArguments {
  const rejects = words.list('rejects').at(-1) ?? null
  const maxRejects = words.integer('max-rejects', 0)
  if (maxRejects !== undefined && rejects === null) {
    throw words.wrong('--max-rejects needs a file for the records that are rejected: --rejects FILE')
  }
  return {
    strategy: words.choice('strategy', STRATEGIES) ?? 'auto',
    memoryLimit: words.list('memory-limit').at(-1),
    threads: words.integer('threads', 1),
    rejects,
    maxRejects,
    retries: words.integer('retries', 0),
    json: words.flag('json') === true,
    progress: words.setting('progress', PROGRESS_FORMATS),
  }
}
