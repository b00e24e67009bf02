/** Where the lines of the scaling suite have values: so many rows, so many threads. */

import { availableParallelism } from 'node:os'
import { formatCount } from '../../../planner/quantities.js'
import { SIZES } from '../../races/race.js'
import type { Axis } from '../../results.js'
import type { Setting } from '../../suite.js'
import { SCALING_WORKS, type ScalingWork } from './works.js'

export interface Point {
  /** Of the case: the work, and along which axis. */
  readonly name: string
  readonly work: ScalingWork
  readonly size: string
  readonly axis: Axis
  /** Of lineitem. */
  readonly rows: number
  readonly threads: number
}

const ROWS = [1_000, 10_000, 100_000, 1_000_000, 6_000_000, 60_000_000]
/** Beyond the sizes of other suites: measured where their largest is. */
const MOST_ROWS = 60_000_000
const QUICK_ROWS = 100_000

export const POINT_NAMES: readonly string[] = SCALING_WORKS.flatMap(({ name }) => [`${name}-rows`, `${name}-threads`])

/** Smaller ones first. */
export function pointsOf(setting: Setting): Point[] {
  return SCALING_WORKS.flatMap((work) => [
    ...rowsOf(setting).map((rows) => rowsPoint(work, rows, setting.threads)),
    ...threadsOf().map((threads) => threadsPoint(work, rowsOfThreads(setting), threads)),
  ]).filter(({ name }) => setting.wantsCase(name))
}

/** Rows of the lines over threads. */
export function rowsOfThreads(setting: Setting): number {
  return setting.quick ? QUICK_ROWS : largestOf(setting)
}

/** `100 k rows`, `6 M rows`. */
export function rowsText(rows: number): string {
  if (rows >= 1_000_000) return `${formatCount(rows / 1_000_000)} M rows`
  return `${formatCount(rows / 1_000)} k rows`
}

export function threadsText(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`
}

function rowsOf(setting: Setting): number[] {
  const largest = largestOf(setting)
  const most = setting.quick ? QUICK_ROWS : largest === SIZES.large ? MOST_ROWS : largest
  return ROWS.filter((rows) => rows <= most)
}

function largestOf({ sizes }: Setting): number {
  return Math.max(...sizes.map((size) => SIZES[size]))
}

/** Powers of two, and as many as there are processors. */
function threadsOf(): number[] {
  const most = availableParallelism()
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i)
  return powers.at(-1) === most ? powers : [...powers, most]
}

function rowsPoint(work: ScalingWork, rows: number, threads: number): Point {
  const axis: Axis = { name: 'rows', value: rows }
  return { name: `${work.name}-rows`, work, size: rowsText(rows), axis, rows, threads }
}

function threadsPoint(work: ScalingWork, rows: number, threads: number): Point {
  const axis: Axis = { name: 'threads', value: threads }
  return { name: `${work.name}-threads`, work, size: threadsText(threads), axis, rows, threads }
}
