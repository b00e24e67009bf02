/** How long tests may take before they count as hung: the runner has no limit of its own, and would wait for ever. */

import { addEventHandler } from 'jest-circus'

const { VOLLEY_TEST_STRATEGIES: strategies, VOLLEY_TEST_KILLS: kills } = process.env

/**
 * Of a test, or of what runs before or after it: many times what the longest takes on a busy machine. Those that do
 * everything under every strategy, or kill a job many times, take longer.
 */
const TEST_LIMIT_MS = kills !== undefined ? 3_600_000 : strategies === 'all' ? 600_000 : 120_000

/** Of a file: for what keeps its process from noticing that a test has exceeded its limit. */
export const FILE_LIMIT_MS = 4 * TEST_LIMIT_MS

/** Gives a limit to each test and each hook that is declared from now on. */
export default function limitTests() {
  // Whatever hangs, in a test or while the process ends, nothing of it outlives the run.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  addEventHandler(({ name }, { currentDescribeBlock }) => {
    if (name === 'add_test') limit(currentDescribeBlock.children.at(-1))
    else if (name === 'add_hook') limit(currentDescribeBlock.hooks.at(-1))
  })
}

/** @param {{ fn?: () => unknown, timeout?: number }} declared a test or a hook */
function limit(declared) {
  const { fn, timeout = 0 } = declared
  if (fn !== undefined) declared.fn = () => within(Math.max(timeout, TEST_LIMIT_MS), fn)
}

async function within(milliseconds, work) {
  let timer
  const expired = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const held = process.getActiveResourcesInfo().join(', ')
      reject(new Error(`it has not ended within ${milliseconds / 1000} s; the process has: ${held}`))
    }, milliseconds)
  })
  try {
    return await Promise.race([work(), expired])
  } finally {
    clearTimeout(timer)
  }
}
