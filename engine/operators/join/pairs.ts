/** The pairs of rows that a join puts together, listed in parts. */

import type { OperatorContext } from '../operator-context.js'

/** Inner lists matches; left also probe rows without one; semi and anti the probe rows with and without one. */
export type ProbeKind = 'inner' | 'left' | 'semi' | 'anti'

/** Pairs of row numbers, as u32 at two addresses in scratch. `build` is `NO_ROW` where there is no match. */
export interface JoinPairs {
  readonly probe: number
  readonly build: number
  readonly count: number
}

/** Most pairs listed at a time. */
const MAX_PAIRS = 65_536

interface ProbeInput {
  readonly words: number
  readonly strings: number
  /** The first match of each row. */
  readonly found: number
  readonly length: number
  readonly kind: ProbeKind
}

const KINDS: Record<ProbeKind, number> = { inner: 0, left: 1, semi: 2, anti: 3 }
const NEW_ROW = 0xffffffff

/** Lists the matches of a slice in parts, in order of probe rows and, for one probe row, of build rows. */
export class JoinProbe {
  private row = 0
  private chain = NEW_ROW
  private matched = 0
  /** Pairs to make room for: most joins find about one match for a row. */
  private expected: number

  constructor(
    private readonly context: OperatorContext,
    private readonly table: number,
    private readonly input: ProbeInput,
  ) {
    this.expected = Math.max(1024, input.length)
  }

  /** The next pairs, at most `limit`, in scratch; null when there are no more. */
  next(limit = MAX_PAIRS): JoinPairs | null {
    const { context, table } = this
    const { words, strings, found, length, kind } = this.input
    const size = Math.min(limit, this.expected)
    this.expected *= 2
    const [probe, build, state] = [context.scratch(size * 4 + 4), context.scratch(size * 4 + 4), context.scratch(12)]
    const { u32 } = context.memory
    let count = 0
    while (count === 0 && this.row < length) {
      u32.set([this.row, this.chain, this.matched], state / 4)
      count = context.wasm.join_probe(
        ...([table, words, strings, found, length, KINDS[kind], size, state, probe, build] as const),
      )
      this.row = u32[state / 4]
      this.chain = u32[state / 4 + 1]
      this.matched = u32[state / 4 + 2]
    }
    return count === 0 ? null : { probe, build, count }
  }
}

/** Lists all pairs of `probeRows` and `buildRows` rows in parts, in order. */
export class CrossProbe {
  private position = 0

  constructor(
    private readonly context: OperatorContext,
    private readonly probeRows: number,
    private readonly buildRows: number,
  ) {}

  /** The next pairs, at most `limit`, in scratch; null when there are no more. */
  next(limit = MAX_PAIRS): JoinPairs | null {
    const { context, buildRows, position } = this
    const count = Math.min(limit, this.probeRows * buildRows - position)
    if (count === 0) return null
    const [probe, build] = [context.scratch(count * 4), context.scratch(count * 4)]
    context.wasm.join_cross(buildRows, Math.floor(position / buildRows), position % buildRows, count, probe, build)
    this.position += count
    return { probe, build, count }
  }
}
