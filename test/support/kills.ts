/** Kills the process of a job at moments that a seed decides, and resumes it, until it ends. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PipelineReport } from '../../engine/pipeline/report.js'
import type { ChildJob } from './kill-child.js'

const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url))

/** From 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What the last run of a job reports. */
export type KilledOutcome = Pick<PipelineReport, 'status' | 'stages' | 'checkpoint'>

export interface KilledJob {
  readonly kills: number
  readonly outcome: KilledOutcome
}

/** Kills the job up to `most` times, each within `withinMs` of its beginning. Throws if it fails. */
export async function runKilled(
  job: ChildJob,
  random: () => number,
  most: number,
  withinMs: number,
): Promise<KilledJob> {
  for (let kills = 0; ; kills++) {
    const outcome = await runOnce(job, kills < most ? random() * withinMs : null)
    if (outcome !== null) return { kills, outcome }
  }
}

/** Null if it was killed: so many milliseconds after it had begun. */
async function runOnce(job: ChildJob, killAfterMs: number | null): Promise<KilledOutcome | null> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let outcome: KilledOutcome | null = null
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += String(chunk)
  })
  let timer: NodeJS.Timeout | undefined
  createInterface(child.stdout).on('line', (line) => {
    if (line !== 'ready') outcome = JSON.parse(line) as KilledOutcome
    else if (killAfterMs !== null) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (status, ended) => resolve([status, ended]))
  })
  clearTimeout(timer)
  if (signal === 'SIGKILL') return null
  if (code === 0 && outcome !== null) return outcome
  throw new Error(`the job ended with ${code ?? signal}: ${errors}`)
}
