/** Opens an engine for one command, and closes it whatever happens. */

import { VolleyError } from '../../planner/errors.js'
import type { RunOptions } from '../../planner/run-options.js'
import type { Engine } from '../session.js'
import type { RunArguments } from './command-line/request.js'
import { UsageError } from './command-line/usage-error.js'
import { progressLine } from './printing/progress.js'
import type { Terminal } from './terminal.js'

export async function withEngine<T>(run: RunArguments, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openFor(run)
  try {
    return await use(engine)
  } finally {
    await engine.close()
  }
}

/** The engine is loaded late, so that what is wrong with the arguments is said at once. */
async function openFor(run: RunArguments): Promise<Engine> {
  const { open } = await import('../session.js')
  try {
    return await open({
      strategy: run.strategy,
      ...(run.threads === undefined ? {} : { threads: run.threads }),
      ...(run.memoryLimit === undefined ? {} : { memoryLimit: run.memoryLimit }),
    })
  } catch (error) {
    if (error instanceof VolleyError && error.code === 'VOLLEY_INVALID_ARGUMENT') throw new UsageError(error.message)
    throw error
  }
}

/** Runs with progress on the terminal; the line is gone when the run has ended. */
export async function withProgress<T>(
  run: RunArguments,
  terminal: Terminal,
  options: RunOptions,
  start: (options: RunOptions) => Promise<T>,
): Promise<T> {
  const line = progressLine(terminal, run.progress)
  if (line === null) return start(options)
  try {
    return await start({ ...options, onProgress: line.show })
  } finally {
    line.clear()
  }
}
