/** Starts the process of a trial, watches its memory and its disk space, and ends it when it goes too far. */

import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatBytes, formatDuration } from '../../planner/quantities.js'
import type { MemoryCourse } from '../results.js'
import { peakBytesOf, residentBytesOf } from './process-memory.js'
import type { TrialMessage, TrialReport, TrialRequest } from './trial.js'

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))
const SAMPLE_MILLISECONDS = 50
const MOST_SAMPLES = 400
/** Of what a process says on its standard error, the end is kept. */
const KEPT_OUTPUT = 2_000

/** Beyond these a process is killed. */
export interface Bounds {
  /** Resident. */
  readonly bytes: number
  readonly milliseconds: number
}

export interface Trial {
  readonly ending:
    | { readonly report: TrialReport }
    | {
        readonly failure: string /** The engine does not offer this, or is not installed. */
        readonly unsupported: boolean
      }
  /** The most that was resident of the whole process, from its start to its end. */
  readonly peakBytes: number
  /** The most that lay in its temporary directory. */
  readonly spilledBytes: number
  /** What it left there. */
  readonly leftFiles: readonly string[]
  /** Resident memory over the time since the process began: 400 samples at most. */
  readonly samples: MemoryCourse['samples']
}

/** `onSample` is told how it goes, at each sample. */
export async function runTrial(
  request: TrialRequest,
  bounds: Bounds,
  onSample: (milliseconds: number, residentBytes: number) => void = () => {},
): Promise<Trial> {
  const child = fork(CHILD, [JSON.stringify(request)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const started = performance.now()
  let [peakBytes, spilledBytes] = [0, 0]
  let [samples, every]: [MemoryCourse['samples'][number][], number] = [[], 1]
  let taken = 0
  let killed: string | null = null
  const kill = (reason: string): void => {
    killed ??= reason
    child.kill('SIGKILL')
  }
  const sampler = setInterval(() => {
    const pid = child.pid
    if (pid === undefined) return
    const milliseconds = performance.now() - started
    const residentBytes = residentBytesOf(pid) ?? 0
    peakBytes = Math.max(peakBytes, peakBytesOf(pid) ?? 0)
    spilledBytes = Math.max(spilledBytes, directoryBytes(request.tempDirectory))
    if (residentBytes > bounds.bytes) kill(`killed at ${formatBytes(residentBytes)} of resident memory`)
    if (milliseconds > bounds.milliseconds) kill(`killed after ${formatDuration(milliseconds)}`)
    if (taken++ % every === 0) samples.push({ milliseconds, residentBytes })
    if (samples.length === MOST_SAMPLES) {
      samples = samples.filter((_, i) => i % 2 === 0)
      every *= 2
    }
    onSample(milliseconds, residentBytes)
  }, SAMPLE_MILLISECONDS)
  try {
    const { message, ended } = await endOf(child)
    const ending = endingOf(message, killed ?? ended)
    const reported = 'report' in ending ? ending.report.peakBytes : 0
    const leftFiles = filesBelow(request.tempDirectory)
    return { ending, peakBytes: Math.max(peakBytes, reported), spilledBytes, leftFiles, samples }
  } finally {
    clearInterval(sampler)
    child.kill('SIGKILL')
  }
}

/** Null for what ended well. */
function endOf(child: ChildProcess): Promise<{ message: TrialMessage | null; ended: string | null }> {
  return new Promise((resolve, reject) => {
    let message: TrialMessage | null = null
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT)
    })
    child.on('message', (received) => {
      message = received as TrialMessage
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `ended by ${signal}`
      resolve({ message, ended: code === 0 ? null : [how, lastLine(output)].filter(Boolean).join(': ') })
    })
  })
}

function endingOf(message: TrialMessage | null, ended: string | null): Trial['ending'] {
  if (ended !== null) return { failure: ended, unsupported: false }
  if (message === null) return { failure: 'ended without a word', unsupported: false }
  return 'failure' in message ? message : { report: message }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  } catch {
    // It vanished meanwhile.
    return []
  }
}

function directoryBytes(directory: string): number {
  return filesBelow(directory).reduce((sum, name) => sum + fileBytes(join(directory, name)), 0)
}

/** What it takes on the disk: temporary files have holes. */
function fileBytes(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512
}
