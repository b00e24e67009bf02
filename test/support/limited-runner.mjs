/** Runs test files in plain Node processes, and ends and fails those by name that do not end. */

import ChildProcessRunner from 'jest-light-runner/child-process'
import { FILE_LIMIT_MS } from './time-limits.mjs'

/** Processes by project. What is aborted is killed, and another process goes on with the other files. */
class LimitedPools extends Map {
  set(project, runner) {
    const { pool } = runner
    const run = pool.run.bind(pool)
    pool.run = (path, options) => {
      // In this process, as with `--runInBand`, there is nothing to ask for and nothing to kill.
      if (options?.channel === undefined) return run(path, options)
      const signal = AbortSignal.timeout(FILE_LIMIT_MS)
      return run(path, { ...options, channel: ownChannel(options.channel), signal })
    }
    return super.set(project, runner)
  }
}

/**
 * A process asks for its configuration when it has loaded. By the runner's own channel, the first to ask has all processes
 * answered, once: one that has not loaded by then misses it, asks in vain later, and waits for ever. So each has its own.
 */
function ownChannel(shared) {
  let answer = () => {}
  return {
    onMessage: (listener) => {
      answer = listener
    },
    postMessage: (message) => {
      shared.onMessage(answer)
      shared.postMessage(message)
    },
  }
}

export default class LimitedRunner extends ChildProcessRunner {
  _testRunners = new LimitedPools()

  async _runTest(test) {
    try {
      return await super._runTest(test)
    } catch (error) {
      if (error.name !== 'AbortError') throw error
      throw new Error(`${test.path} had not ended after ${FILE_LIMIT_MS / 1000} s, and was killed`)
    }
  }
}
