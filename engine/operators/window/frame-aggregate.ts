/** Aggregates over frames that move: rows enter at the end and leave at the start. */

import type { Frames } from './frames.js'
import type { Layout } from './layout.js'

/** What has been added and not removed is the frame. Rows are those of the input. */
export interface FrameAggregate<Result> {
  add(row: number): void
  /** Called in the order of `add`. */
  remove(row: number): void
  /** Removes all there is. */
  clear(): void
  result(): Result
}

/** The result of each frame, by input row. */
export function overFrames<Result>(
  { rows, order }: Layout,
  { from, to }: Frames,
  aggregate: FrameAggregate<Result>,
): Result[] {
  const results = new Array<Result>(rows)
  let first = 0
  let end = 0
  let current: Result | undefined
  for (let i = 0; i < rows; i++) {
    if (i === 0 || from[i] !== from[i - 1] || to[i] !== to[i - 1]) {
      if (from[i] >= end) {
        aggregate.clear()
        first = from[i]
        end = from[i]
      }
      while (end < to[i]) aggregate.add(order[end++])
      while (first < from[i]) aggregate.remove(order[first++])
      current = aggregate.result()
    }
    results[order[i]] = current as Result
  }
  return results
}

/** How the states of two neighbouring stretches of rows become one. */
export interface Fold<State> {
  readonly empty: State
  of(row: number): State
  /** `a` lies before `b`. */
  join(a: State, b: State): State
}

/**
 * Folds without an inverse: what entered is one state, and when the first row leaves, states from each row to that
 * point are stacked up, to be taken off as rows leave. Each row is joined at most twice.
 */
export class FoldedFrame<State> implements FrameAggregate<State> {
  private stack: State[] = []
  private entered: number[] = []
  private enteredState: State

  constructor(private readonly fold: Fold<State>) {
    this.enteredState = fold.empty
  }

  add(row: number): void {
    this.entered.push(row)
    this.enteredState = this.fold.join(this.enteredState, this.fold.of(row))
  }

  remove(): void {
    if (this.stack.length === 0) {
      let state = this.fold.empty
      for (let i = this.entered.length - 1; i >= 0; i--) {
        state = this.fold.join(this.fold.of(this.entered[i]), state)
        this.stack.push(state)
      }
      this.entered = []
      this.enteredState = this.fold.empty
    }
    this.stack.pop()
  }

  clear(): void {
    this.stack = []
    this.entered = []
    this.enteredState = this.fold.empty
  }

  result(): State {
    const before = this.stack.at(-1)
    return before === undefined ? this.enteredState : this.fold.join(before, this.enteredState)
  }
}
