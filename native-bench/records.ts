/** What has been measured, in a file, so that a long benchmark that was interrupted can go on. */

import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Records {
  /** How much was measured before, and is taken over. */
  readonly known: number
  /** What was measured under a key, or now is. */
  readonly kept: <Value>(key: string, measure: () => Promise<Value>) => Promise<Value>
  /** Forgets all: the benchmark has come to its end. */
  readonly remove: () => void
}

/**
 * One JSON object a line in a file of `directory`, which has one for each `setting`: what was measured under another is not
 * used, and stays for a call that asks for the same again. Begins a new file unless it is to `resume`.
 */
export function openRecords(directory: string, resume: boolean, setting: object): Records {
  mkdirSync(directory, { recursive: true })
  const digest = createHash('sha256').update(JSON.stringify(setting)).digest('hex').slice(0, 12)
  const path = join(directory, `unfinished-${digest}.jsonl`)
  const known = resume ? knownIn(path) : new Map<string, unknown>()
  // Written anew without the line that a killed process may have left incomplete.
  writeFileSync(path, [...known].map(([key, value]) => lineOf(key, value)).join(''))
  return {
    known: known.size,
    kept: async (key, measure) => {
      if (known.has(key)) return known.get(key) as Awaited<ReturnType<typeof measure>>
      const value = await measure()
      appendFileSync(path, lineOf(key, value))
      return value
    },
    remove: () => rmSync(path, { force: true }),
  }
}

/** Nothing is known before, and nothing is kept. */
export const NO_RECORDS: Records = { known: 0, kept: (_, measure) => measure(), remove: () => {} }

function lineOf(key: string, value: unknown): string {
  return `${JSON.stringify({ key, value })}\n`
}

function knownIn(path: string): Map<string, unknown> {
  if (!existsSync(path)) return new Map()
  const lines = readFileSync(path, 'utf8').split('\n').flatMap(parsedLine)
  return new Map(lines.map(({ key, value }) => [key, value]))
}

/** Nothing for the last line of a process that was killed, which may be incomplete. */
function parsedLine(line: string): { readonly key: string; readonly value: unknown }[] {
  try {
    return [JSON.parse(line) as { key: string; value: unknown }]
  } catch {
    return []
  }
}
