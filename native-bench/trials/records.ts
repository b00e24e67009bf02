/** Outcomes of trials in a file, so that a long series that was interrupted can go on. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Fingerprint } from './fingerprint.js'
import type { Outcome } from './outcome.js'

export interface Kept {
  readonly outcome: Outcome
  readonly fingerprint: Fingerprint | null
}

export interface Records {
  /** Null for what has not been tried. */
  readonly get: (key: string) => Kept | null
  readonly add: (key: string, kept: Kept) => void
}

/** One JSON object a line in the file at `path`. Begins a new one unless it is to `resume`. */
export function openRecords(path: string, resume: boolean): Records {
  const known = new Map<string, Kept>()
  mkdirSync(dirname(path), { recursive: true })
  if (!resume) rmSync(path, { force: true })
  else if (existsSync(path)) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      // The last line of a process that was killed may be incomplete.
      if (!line.endsWith('}')) continue
      const { key, ...kept } = JSON.parse(line) as Kept & { key: string }
      known.set(key, kept)
    }
  }
  return {
    get: (key) => known.get(key) ?? null,
    add: (key, kept) => {
      known.set(key, kept)
      appendFileSync(path, `${JSON.stringify({ key, ...kept })}\n`)
    },
  }
}

/** Nothing is known before, and nothing is kept. */
export const NO_RECORDS: Records = { get: () => null, add: () => {} }
