/** Runs one command line. Loads the engine only once the command line is known to be good. */

import { isCommand } from './command-line/options.js'
import type { Request } from './command-line/request.js'
import { parseCommandLine } from './command-line.js'
import { EXIT, reportFailure, reportInterruption } from './failure.js'
import type { Terminal } from './terminal.js'

/** True if standard output is to have one JSON object and nothing else. */
export function isForMachines(words: readonly string[]): boolean {
  return words.includes('--json')
}

/** Returns the exit code; whatever fails is said on the terminal. Aborting the signal interrupts the run, which cleans up after itself. */
export async function runCommand(words: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const json = isForMachines(words)
  try {
    return await execute(parseCommandLine(words), terminal, signal)
  } catch (error) {
    if (signal.aborted) return await reportInterruption(terminal, json)
    if (terminal.readerGone.aborted) return EXIT.done
    return await reportFailure(error, isCommand(words[0] ?? '') ? `volley ${words[0]}` : 'volley', terminal, json)
  }
}

/** Returns the exit code. */
async function execute(request: Request, terminal: Terminal, signal: AbortSignal): Promise<number> {
  switch (request.kind) {
    case 'run':
      return (await import('./commands/pipeline-run.js')).runPipelineFile(request, terminal, signal)
    case 'validate':
      return (await import('./commands/pipeline-plan.js')).validateFile(request, terminal)
    case 'bench':
      return (await import('./commands/bench.js')).runBench(request.words, terminal, signal)
    default:
      await done(request, terminal, signal)
      return EXIT.done
  }
}

/** What has succeeded if it throws nothing. */
async function done(
  request: Exclude<Request, { kind: 'run' | 'validate' | 'bench' }>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  switch (request.kind) {
    case 'help':
      return terminal.print(request.text)
    case 'version':
      return terminal.print(`${await packageVersion()}\n`)
    case 'transform':
      return (await import('./commands/transform.js')).runTransform(request, terminal, signal)
    case 'explain':
      return (await import('./commands/explain.js')).runExplain(request, terminal)
    case 'inspect':
      return (await import('./commands/inspect.js')).runInspect(request, terminal)
    case 'sql':
      return (await import('./commands/sql.js')).runSql(request, terminal, signal)
    case 'plan':
      return (await import('./commands/pipeline-plan.js')).showPlan(request, terminal)
  }
}

async function packageVersion(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  const manifest: unknown = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
