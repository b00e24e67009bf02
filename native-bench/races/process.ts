/** What an engine takes of the machine when it alone does the work of a race, in a process of its own. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Done } from '../results.js'
import type { EngineName, SizeName } from './race.js'

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))

export interface AloneRequest {
  readonly suite: string
  readonly race: string
  readonly size: SizeName
  readonly engine: EngineName
  readonly threads: number
  readonly memoryLimitBytes: number
  readonly dataDirectory: string
}

/** Resident at most, with what was loaded before; processor time of a run after the first. */
export type AloneFigures = Pick<Done, 'peakBytes' | 'cpuMilliseconds'>

/** Both are null if the process ended without a word: the race has told already what is wrong. */
export async function aloneFigures(request: AloneRequest): Promise<AloneFigures> {
  const child = fork(CHILD, [JSON.stringify(request)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = once(child, 'exit')
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [AloneFigures | number | null]
  await ended
  return typeof message === 'object' && message !== null ? message : { peakBytes: null, cpuMilliseconds: null }
}
