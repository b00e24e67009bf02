/** Whole processes under a limit on their memory: breakers over several times the room that it leaves them. */

import { readdirSync } from 'node:fs'
import { NO_RECORDS } from '../../native-bench/records.js'
import { BIGDATA, BULK, REFERENCE } from '../../native-bench/trials/contenders.js'
import { type OutOfCoreResult, raceOutOfCore } from '../../native-bench/trials/out-of-core.js'
import { LARGE_WORKS } from '../../native-bench/trials/works/out-of-core.js'
import { describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const LIMIT_BYTES = 384e6
/** Of ten times the limit: several times what a breaker has room for beside the process itself and its threads. */
const SCALE = 1 / 32
/** What the peak of the process may be, in limits. */
const MOST_OF_LIMIT = 1.15

/** What ran, one after the other, for whom. */
function strategies({ outcomes }: OutOfCoreResult): Record<string, readonly string[]> {
  return Object.fromEntries(
    outcomes.flatMap(({ contender, outcome }) => {
      if (contender.engine !== 'volley') return []
      if (outcome.kind !== 'done') return [[contender.label, [outcome.kind, outcome.reason]]]
      return [[contender.label, (outcome.report.strategies ?? []).map(({ name }) => name)]]
    }),
  )
}

describe('under a limit of 384 MB', () => {
  for (const work of LARGE_WORKS) {
    it(`has DuckDB's result within the limit: ${work.title.toLowerCase()}`, async () => {
      const directory = temporaryDirectory()
      const [result] = await raceOutOfCore(
        {
          cases: [work],
          limits: [LIMIT_BYTES],
          scale: SCALE,
          threads: 2,
          contenders: [REFERENCE, BIGDATA, BULK],
          patienceMilliseconds: 60_000,
        },
        { directory, progress: () => {} },
        NO_RECORDS,
      )
      // What differs from the reference, or leaves temporary files, is not done.
      expect(strategies(result)).toEqual({ 'volley bigdata': ['bigdata'], 'volley bulk': ['bulk', 'bigdata'] })
      for (const { contender, outcome } of result.outcomes) {
        if (contender.engine !== 'volley' || outcome.kind !== 'done') continue
        expect(outcome.peakBytes / LIMIT_BYTES).toBeLessThan(MOST_OF_LIMIT)
      }
      // Nothing but the tables is left.
      expect(readdirSync(directory)).toHaveLength(work.large.length)
    }, 180_000)
  }
})
