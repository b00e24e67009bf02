/** Runs the contestants of a suite, checks their answers, and times them. */

import { Bench } from 'tinybench'
import { type Answer, firstDifference } from './answers.js'
import type { Absence, Contestant, EngineName } from './contest.js'

export type Outcome =
  /** Milliseconds of each timed run, in order. */
  | { readonly engine: EngineName; readonly milliseconds: readonly number[] }
  | { readonly engine: EngineName; readonly absent: string }
  /** It ran, but failed or gave another answer than DuckDB: it gets no time. */
  | { readonly engine: EngineName; readonly failure: string }

/** Compared with DuckDB's answer, which must come first or be alone. */
const REFERENCE: EngineName = 'duckdb'

/** Of each contestant: compilers settle after some runs, and after more of them where a run is short. */
export interface WarmUp {
  readonly runs: number
  readonly milliseconds: number
}

/**
 * Each contestant runs once for its answer, and then untimed until all have had what `warmUp` says at least.
 * Then they take turns, one timed run each a round, so that whatever slows the machine for a while slows all of them.
 */
export async function measure(
  field: readonly (Contestant | Absence)[],
  warmUp: WarmUp,
  rounds: number,
): Promise<Outcome[]> {
  const outcomes = new Map<EngineName, Outcome>()
  const ready: Contestant[] = []
  let reference: Answer | null = null
  for (const one of [...field].sort((a, b) => Number(b.engine === REFERENCE) - Number(a.engine === REFERENCE))) {
    if ('unsupported' in one) {
      outcomes.set(one.engine, { engine: one.engine, absent: one.unsupported })
      continue
    }
    const checked = await check(one, reference)
    if ('failure' in checked) outcomes.set(one.engine, { engine: one.engine, failure: checked.failure })
    else {
      reference ??= checked.answer
      ready.push(one)
    }
  }
  await warm(ready, warmUp)
  const times = new Map(ready.map((one) => [one.engine, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [engine, milliseconds] of await timeOnce(ready)) times.get(engine)!.push(milliseconds)
  }
  for (const [engine, milliseconds] of times) outcomes.set(engine, { engine, milliseconds })
  return field.map((one) => outcomes.get(one.engine)!)
}

async function warm(ready: readonly Contestant[], { runs, milliseconds }: WarmUp): Promise<void> {
  const spent = new Map(ready.map((one) => [one, 0]))
  for (let round = 0; round < runs || Math.min(...spent.values()) < milliseconds; round++) {
    for (const one of ready) {
      const start = performance.now()
      await one.run()
      spent.set(one, spent.get(one)! + performance.now() - start)
    }
  }
}

async function check(
  one: Contestant,
  reference: Answer | null,
): Promise<{ readonly answer: Answer } | { readonly failure: string }> {
  try {
    const answer = await one.answer(await one.run())
    const difference = reference === null ? null : firstDifference(reference, answer)
    return difference === null ? { answer } : { failure: `another answer than ${REFERENCE}: ${difference}` }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}

/** One run of each. What a run leaves for the collector is not charged to the next one. */
async function timeOnce(ready: readonly Contestant[]): Promise<[EngineName, number][]> {
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, retainSamples: true, throws: true })
  for (const one of ready) {
    // Unless told, the timer finds out whether a function is asynchronous by calling it, and does not wait for its end.
    bench.add(one.engine, () => one.run(), { async: true, beforeEach: () => globalThis.gc?.() })
  }
  const tasks = await bench.run()
  return tasks.map((task) => {
    if (task.result.state !== 'completed') throw new Error(`${task.name} did not complete: ${task.result.state}`)
    return [task.name as EngineName, task.result.latency.samples![0]]
  })
}
