/** Runs test files in plain Node processes, and ends and fails those by name that do not end. */

import ChildProcessRunner from 'jest-light-runner/child-process'
import { FILE_LIMIT_MS } from './time-limits.mjs'

/** Processes by project. What is aborted is killed, and another process goes on with the other files. */
class LimitedPools extends Map {
  set(project, runner) {
    const { pool } = runner
    const run = pool.run.bind(pool)
    pool.run = (path, options) => run(path, { ...options, signal: AbortSignal.timeout(FILE_LIMIT_MS) })
    return super.set(project, runner)
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
