/** The forms of sort keys on the way from vectors to words. */

import type { Vector } from '../../../io/batch.js'

export interface SortColumn {
  readonly vector: Vector
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** A sort key that lies in a column of a batch. */
export interface KeyPlace {
  readonly column: number
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** Signed words that order rows, at an address; row i has bit `first` + i of `validity` (0: all valid). */
export interface KeyColumn {
  readonly words: number
  readonly validity: number
  readonly first: number
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** Unsigned words, 8 bytes a row, of which only the low `bits` are used. */
export interface KeyWords {
  readonly address: number
  readonly bits: number
}
