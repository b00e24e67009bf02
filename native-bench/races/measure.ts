/** Checks the answers of a race's contestants, and times them side by side. */

import { Bench } from 'tinybench'
import { type Answer, firstDifference } from '../answers.js'
import { missingPackageReason } from '../engines/missing-package.js'
import type { WarmUp } from '../suite.js'
import type { Contestant, EngineName } from './race.js'

/** Its answer is what the others' are compared with. */
export const REFERENCE: EngineName = 'duckdb'

/** Ready to run, or why not. */
export type Starter = { readonly engine: EngineName; readonly contestant: Contestant } | Unready

interface Unready {
  readonly engine: EngineName
  readonly failure: string
  /** The engine is not installed. */
  readonly isMissing: boolean
}

export type Timed =
  /** Milliseconds of each timed run, in order. */
  | { readonly engine: EngineName; readonly milliseconds: readonly number[] }
  /** It broke, or gave another answer than the reference: it gets no time. */
  | Unready

/** Prepares contestants one after the other; what fails is told, and does not stop the others. */
export async function prepared(
  entrants: readonly (readonly [EngineName, () => Promise<Contestant>])[],
): Promise<Starter[]> {
  const starters: Starter[] = []
  for (const [engine, prepare] of entrants) {
    try {
      starters.push({ engine, contestant: await prepare() })
    } catch (error) {
      const missing = missingPackageReason(messageOf(error))
      starters.push({ engine, failure: missing ?? messageOf(error), isMissing: missing !== null })
    }
  }
  return starters
}

/**
 * Each contestant runs once for its answer, and then untimed until it has had what `warmUp` says at least. Then they take
 * turns, one timed run each a round, so that whatever slows the machine for a while slows all of them.
 */
export async function timed(starters: readonly Starter[], warmUp: WarmUp, rounds: number): Promise<Timed[]> {
  const failures = new Map<EngineName, Unready>()
  const ready: [EngineName, Contestant][] = []
  let reference: Answer | null = null
  for (const starter of [...starters].sort((a, b) => Number(b.engine === REFERENCE) - Number(a.engine === REFERENCE))) {
    if ('failure' in starter) {
      failures.set(starter.engine, starter)
      continue
    }
    const { engine, contestant } = starter
    const checked = await check(contestant, reference)
    if ('failure' in checked) failures.set(engine, { engine, failure: checked.failure, isMissing: false })
    else {
      reference ??= checked.answer
      ready.push([engine, contestant])
    }
  }
  await warm(ready, warmUp)
  const times = new Map(ready.map(([engine]) => [engine, [] as number[]]))
  for (let round = 0; round < rounds && ready.length > 0; round++) {
    for (const [engine, milliseconds] of await timeOnce(ready)) times.get(engine)!.push(milliseconds)
  }
  return starters.map(({ engine }) => failures.get(engine) ?? { engine, milliseconds: times.get(engine)! })
}

/** In turns. Who has had enough waits: a thousand runs of the fastest may take as many minutes of the slowest. */
async function warm(ready: readonly [EngineName, Contestant][], { runs, milliseconds }: WarmUp): Promise<void> {
  const all = ready.map(([, contestant]) => ({ contestant, runs: 0, milliseconds: 0 }))
  const isCold = (one: (typeof all)[number]): boolean => one.runs < runs || one.milliseconds < milliseconds
  for (let cold = all.filter(isCold); cold.length > 0; cold = cold.filter(isCold)) {
    for (const one of cold) {
      const start = performance.now()
      await one.contestant.run()
      one.milliseconds += performance.now() - start
      one.runs++
    }
  }
}

async function check(
  contestant: Contestant,
  reference: Answer | null,
): Promise<{ readonly answer: Answer } | { readonly failure: string }> {
  try {
    const answer = await contestant.answer(await contestant.run())
    const difference = reference === null ? null : firstDifference(reference, answer)
    return difference === null ? { answer } : { failure: `another answer than ${REFERENCE}: ${difference}` }
  } catch (error) {
    return { failure: messageOf(error) }
  }
}

/** One run of each. What a run leaves for the collector is not charged to the next one. */
async function timeOnce(ready: readonly [EngineName, Contestant][]): Promise<[EngineName, number][]> {
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, retainSamples: true, throws: true })
  for (const [engine, contestant] of ready) {
    // Unless told, the timer finds out whether a function is asynchronous by calling it, and does not wait for its end.
    bench.add(engine, () => contestant.run(), { async: true, beforeEach: () => globalThis.gc?.() })
  }
  const tasks = await bench.run()
  return tasks.map((task) => {
    if (task.result.state !== 'completed') throw new Error(`${task.name} did not complete: ${task.result.state}`)
    return [task.name as EngineName, task.result.latency.samples![0]]
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
