/** `volley bench`: the benchmark, in a process of its own. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { EXIT, reportInterruption } from '../failure.js'
import type { Terminal } from '../terminal.js'

/** On top of the engine, and so not imported. */
const BENCHMARK = fileURLToPath(new URL('../../../native-bench/main.js', import.meta.url))

/** Returns its exit code. */
export async function runBench(words: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, ['--expose-gc', BENCHMARK, ...words], { stdio: 'inherit' })
  signal.addEventListener('abort', () => child.kill())
  const [code] = (await once(child, 'exit')) as [number | null]
  if (signal.aborted)
    return reportInterruption(terminal, words.includes('--json'), 'the same call with --resume goes on')
  return code ?? EXIT.failed
}
