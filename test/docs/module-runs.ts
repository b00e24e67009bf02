/** Runs the modules of the documentation as their readers do, but several in one process. */

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Ends what one module prints. */
export const END = '\u001e'

export interface Module {
  readonly directory: string
  readonly path: string
}

export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

const PROGRAM = fileURLToPath(new URL('./run-modules.js', import.meta.url))

/** What each module prints. Throws if the process does not end well, as where a module ends it. */
export async function runModules(modules: readonly Module[]): Promise<Printed[]> {
  const words = modules.flatMap(({ directory, path }) => [directory, path])
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = await ended
  const [printed, errors] = [stdout.split(END), stderr.split(END)]
  if (code !== 0 || printed.length !== modules.length + 1) {
    throw new Error(`exit code ${code} in module ${modules[printed.length - 1]?.path}: ${errors.at(-1)}`)
  }
  return modules.map((_, i) => ({ stdout: printed[i], stderr: errors[i] }))
}
