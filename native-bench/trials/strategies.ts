/** The strategies suite: the same plans under every strategy of volley, beside DuckDB and Polars. */

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TpchFiles } from '../../data-fixtures/bench-tables.js'
import { formatBytes } from '../../planner/quantities.js'
import { outputDirectory } from '../outputs.js'
import { BIGDATA, BULK, POLARS, REFERENCE, ROW } from './contenders.js'
import { type Fingerprint, fingerprint } from './fingerprint.js'
import type { Surroundings } from './out-of-core.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { type Bounds, runTrial } from './run-trial.js'
import type { Consumer, Contender, TrialReport, TrialRequest } from './trial.js'
import type { Work } from './work.js'

/** A contender, and the limit that it works under. */
interface Entrant {
  readonly contender: Contender
  readonly memoryLimit: number | null
}

export interface StrategiesPlan {
  readonly files: Pick<TpchFiles, 'lineitem' | 'orders'>
  /** Of lineitem. */
  readonly rows: number
  readonly threads: number
  /** Timed runs, one after the other in one process. */
  readonly runs: number
  /** Under which bulk has to switch. */
  readonly switchLimit: number
  /** Labels of those that take part beside the reference. */
  readonly wantsEngine: (label: string) => boolean
}

export interface StrategiesOutcome {
  readonly label: string
  readonly outcome: Outcome
  /** Of a run to Parquet, which says. */
  readonly strategies: TrialReport['strategies']
}

export interface StrategiesResult {
  readonly work: Work
  readonly rows: number
  readonly outcomes: readonly StrategiesOutcome[]
}

const BOUNDS: Bounds = { bytes: 12e9, milliseconds: 300_000 }

/** One work, by every strategy. */
export async function raceStrategies(
  plan: StrategiesPlan,
  work: Work,
  { directory, progress }: Surroundings,
): Promise<StrategiesResult> {
  const unlimited = [REFERENCE, ROW, BULK, BIGDATA].map((contender): Entrant => ({ contender, memoryLimit: null }))
  const label = `volley bulk, ${formatBytes(plan.switchLimit)}`
  const entrants: readonly Entrant[] = [
    ...unlimited,
    { contender: { ...BULK, label }, memoryLimit: plan.switchLimit },
    { contender: POLARS, memoryLimit: null },
  ]
  let expected: Fingerprint | null = null
  const outcomes: StrategiesOutcome[] = []
  for (const entrant of entrants) {
    const { label: name } = entrant.contender
    if (name !== REFERENCE.label && !plan.wantsEngine(name)) continue
    progress(`${work.name}, ${entrant.contender.label}`)
    const raced = await raceOne(plan, work, entrant, expected, directory)
    expected ??= raced.fingerprint
    outcomes.push({ label: entrant.contender.label, ...raced })
  }
  return { work, rows: plan.rows, outcomes }
}

/** Runs once to a file, whose content is checked, and then for its times: the batches go to code that drops them. */
async function raceOne(
  plan: StrategiesPlan,
  work: Work,
  { contender, memoryLimit }: Entrant,
  expected: Fingerprint | null,
  directory: string,
): Promise<Omit<StrategiesOutcome, 'label'> & { readonly fingerprint: Fingerprint | null }> {
  if (contender.engine === 'polars' && typeof work.polars === 'string') {
    return { outcome: { kind: 'absent', reason: work.polars }, strategies: null, fingerprint: null }
  }
  const place = await outputDirectory(directory)
  try {
    const request = (consumer: Consumer): TrialRequest => ({
      contender,
      work: work.name,
      inputs: { lineitem: [plan.files.lineitem], orders: [plan.files.orders] },
      consumer,
      output: join(place, 'result.parquet'),
      tempDirectory: join(place, 'temporary'),
      threads: plan.threads,
      memoryLimit,
      runs: consumer === 'parquet' ? 1 : plan.runs,
    })
    const written = request('parquet')
    await mkdir(written.tempDirectory)
    const trial = await runTrial(written, BOUNDS)
    const actual = 'report' in trial.ending ? await fingerprint(work, written.output) : null
    const checked = outcomeOf(trial, expected, actual)
    if (checked.kind !== 'done') return { outcome: checked, strategies: null, fingerprint: actual }
    const timed = outcomeOf(await runTrial(request('stream'), BOUNDS), null, null)
    const outcome = sameRows(timed, Number(actual?.answer[0][0]))
    return { outcome, strategies: checked.report.strategies, fingerprint: actual }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

/** An error in the middle of a stream may look like its end. */
function sameRows(timed: Outcome, rows: number): Outcome {
  if (timed.kind !== 'done') return timed
  const short = timed.report.runs.find((run) => run.rows !== rows)
  if (short === undefined) return timed
  const { peakBytes, spilledBytes, samples } = timed
  return { kind: 'failed', reason: `streamed ${short.rows} of ${rows} rows`, peakBytes, spilledBytes, samples }
}
