/** What has been measured, in a file, so that a long benchmark that was interrupted can go on. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Records {
  /** What was measured under a key, or now is. */
  readonly kept: <Value>(key: string, measure: () => Promise<Value>) => Promise<Value>
  /** Forgets all: the benchmark has come to its end. */
  readonly remove: () => void
}

/**
 * One JSON object a line in the file at `path`. Begins a new one unless it is to `resume`; of a file that was written under
 * another `setting`, nothing is used.
 */
export function openRecords(path: string, resume: boolean, setting: string): Records {
  mkdirSync(dirname(path), { recursive: true })
  const known = resume ? knownIn(path, setting) : null
  if (known === null) rmSync(path, { force: true })
  if (known === null) appendFileSync(path, `${JSON.stringify({ setting })}\n`)
  return {
    kept: async (key, measure) => {
      if (known?.has(key)) return known.get(key) as Awaited<ReturnType<typeof measure>>
      const value = await measure()
      appendFileSync(path, `${JSON.stringify({ key, value })}\n`)
      return value
    },
    remove: () => rmSync(path, { force: true }),
  }
}

/** Nothing is known before, and nothing is kept. */
export const NO_RECORDS: Records = { kept: (_, measure) => measure(), remove: () => {} }

function knownIn(path: string, setting: string): Map<string, unknown> | null {
  if (!existsSync(path)) return null
  // The last line of a process that was killed may be incomplete.
  const [first, ...lines] = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
  if (first === undefined || (JSON.parse(first) as { setting?: string }).setting !== setting) return null
  return new Map(
    lines.map((line) => JSON.parse(line) as { key: string; value: unknown }).map(({ key, value }) => [key, value]),
  )
}
