/** What became of a contender in a trial, in the form that is printed, kept and compared. */

import { type Fingerprint, fault } from './fingerprint.js'
import type { Trial } from './run-trial.js'
import type { TrialReport } from './trial.js'

/** What is known however it ended. */
interface Watched {
  readonly peakBytes: number
  readonly spilledBytes: number
  readonly samples: Trial['samples']
}

export type Outcome =
  | (Watched & { readonly kind: 'done'; readonly report: TrialReport })
  /** It broke, went too far, or gave another result than the reference: it gets no time. */
  | (Watched & { readonly kind: 'failed'; readonly reason: string })
  | { readonly kind: 'absent'; readonly reason: string }

/** `expected` is the reference's result, `actual` that of the trial; null where there is none. */
export function outcomeOf(trial: Trial, expected: Fingerprint | null, actual: Fingerprint | null): Outcome {
  const { ending, leftFiles, peakBytes, spilledBytes, samples } = trial
  const watched = { peakBytes, spilledBytes, samples }
  if ('failure' in ending) {
    return ending.unsupported
      ? { kind: 'absent', reason: ending.failure }
      : { kind: 'failed', reason: ending.failure, ...watched }
  }
  const wrong = actual === null ? null : fault(expected, actual)
  if (wrong !== null) return { kind: 'failed', reason: `wrong result: ${wrong}`, ...watched }
  if (leftFiles.length > 0)
    return { kind: 'failed', reason: `left temporary files: ${leftFiles.join(', ')}`, ...watched }
  return { kind: 'done', report: ending.report, ...watched }
}
