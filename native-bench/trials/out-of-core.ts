/**
 * The out-of-core suite: tables of ten times the memory limit and more, from Parquet to Parquet, every engine in a
 * process of its own whose memory is measured as a whole.
 */

import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { largeTableFiles } from '../../data-fixtures/large-tables.js'
import { formatBytes } from '../../planner/quantities.js'
import { outputDirectory } from '../outputs.js'
import type { Records } from '../records.js'
import { type Fingerprint, fingerprint } from './fingerprint.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { runTrial } from './run-trial.js'
import type { Contender, TrialRequest } from './trial.js'
import type { LargeWork } from './works/out-of-core.js'

/** The data's size in memory, as a multiple of the limit, at scale 1. */
const DATA_PER_LIMIT = 10
/** A process that holds more than this many times its limit is killed: the machine has others. */
const MOST_PER_LIMIT = 4

export interface OutOfCorePlan {
  readonly cases: readonly LargeWork[]
  /** Bytes. */
  readonly limits: readonly number[]
  /** 1: ten times the limit. */
  readonly scale: number
  readonly threads: number
  /** The reference first. */
  readonly contenders: readonly Contender[]
  /** Longest time of a trial. */
  readonly patienceMilliseconds: number
}

interface Kept {
  readonly outcome: Outcome
  readonly fingerprint: Fingerprint | null
}

/** A case at a limit. */
export interface OutOfCoreResult {
  readonly work: LargeWork
  readonly limitBytes: number
  /** In memory. */
  readonly dataBytes: number
  readonly rows: number
  readonly outcomes: readonly { readonly contender: Contender; readonly outcome: Outcome }[]
}

export interface Surroundings {
  /** Where the tables are kept from one call to the next, and where trials write. */
  readonly directory: string
  /** Overwrites the last line. */
  readonly progress: (text: string) => void
}

/** Runs cases and limits one after the other. Outcomes are taken from `records` where they are known. */
export async function raceOutOfCore(
  plan: OutOfCorePlan,
  surroundings: Surroundings,
  records: Records,
): Promise<OutOfCoreResult[]> {
  const results: OutOfCoreResult[] = []
  for (const limitBytes of plan.limits) {
    for (const work of plan.cases) results.push(await raceCase(plan, work, limitBytes, surroundings, records))
  }
  return results
}

async function raceCase(
  plan: OutOfCorePlan,
  work: LargeWork,
  limitBytes: number,
  surroundings: Surroundings,
  records: Records,
): Promise<OutOfCoreResult> {
  const data = await makeTables(work, limitBytes * DATA_PER_LIMIT * plan.scale, surroundings)
  const outcomes: OutOfCoreResult['outcomes'][number][] = []
  let expected: Fingerprint | null = null
  for (const contender of plan.contenders) {
    const key = ['out-of-core', work.name, limitBytes, plan.scale, plan.threads, contender.label].join(' ')
    const reference: Fingerprint | null = expected
    const kept: Kept = await records.kept(key, async () => {
      await readOnce(Object.values(data.inputs).flat())
      return raceOne(plan, work, limitBytes, contender, data.inputs, reference, surroundings)
    })
    expected ??= kept.fingerprint
    outcomes.push({ contender, outcome: kept.outcome })
  }
  return { work, limitBytes, dataBytes: data.bytes, rows: data.rows, outcomes }
}

interface Tables {
  readonly inputs: TrialRequest['inputs']
  readonly rows: number
  readonly bytes: number
}

async function makeTables(work: LargeWork, bytes: number, { directory, progress }: Surroundings): Promise<Tables> {
  const inputs: Record<string, readonly string[]> = {}
  const total = { rows: 0, bytes: 0 }
  for (const table of work.large) {
    const files = await largeTableFiles(directory, table, bytes / work.large.length, (made, missing) =>
      progress(`making ${table.name}: file ${made} of ${missing}`),
    )
    inputs[table.name] = files.paths
    total.rows += files.rows
    total.bytes += files.bytes
  }
  return { inputs, ...total }
}

async function raceOne(
  plan: OutOfCorePlan,
  work: LargeWork,
  limitBytes: number,
  contender: Contender,
  inputs: TrialRequest['inputs'],
  expected: Fingerprint | null,
  { directory, progress }: Surroundings,
): Promise<Kept> {
  if (contender.engine === 'polars' && typeof work.polars === 'string') {
    return { outcome: { kind: 'absent', reason: work.polars }, fingerprint: null }
  }
  // Beside the tables: the system's directory for temporary files may lie in memory.
  const place = await outputDirectory(directory)
  try {
    const request: TrialRequest = {
      contender,
      work: work.name,
      inputs,
      consumer: 'parquet',
      output: join(place, 'result.parquet'),
      tempDirectory: join(place, 'temporary'),
      threads: plan.threads,
      memoryLimit: limitBytes,
      runs: 1,
    }
    await mkdir(request.tempDirectory)
    const bounds = { bytes: limitBytes * MOST_PER_LIMIT, milliseconds: plan.patienceMilliseconds }
    const trial = await runTrial(request, bounds, (milliseconds, bytes) =>
      progress(
        `${work.name}, limit ${formatBytes(limitBytes)}, ${contender.label}: ${Math.round(milliseconds / 1000)} s, ${formatBytes(bytes)}`,
      ),
    )
    const actual = 'report' in trial.ending ? await fingerprint(work, request.output) : null
    return { outcome: outcomeOf(trial, expected, actual), fingerprint: actual }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

/** So that no contender finds the files read by the one before it. */
async function readOnce(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    for await (const _ of createReadStream(path, { highWaterMark: 1 << 20 })) {
      // Being read is all that matters.
    }
  }
}
