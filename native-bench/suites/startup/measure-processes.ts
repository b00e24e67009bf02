/** Runs the programs of a case: once each for its answer, then in turns for the time. */

import { type Answer, firstDifference } from '../../answers.js'
import { missingPackageReason } from '../../engines/missing-package.js'
import { type Figure, median, type Outcome } from '../../results.js'
import type { Setting } from '../../suite.js'
import type { Contender, Reading, StartupCase } from './cases.js'
import { runProcess, type Usage } from './run-process.js'

/** Its answer is what others are compared with. */
const REFERENCE = 'duckdb'

interface Measured {
  readonly contender: Contender
  readonly usage: Usage | null
  readonly readings: Reading[]
}

/** In the order of the case. A program that fails, or computes something else than the reference, gets no time. */
export async function measureProcesses(
  one: StartupCase,
  setting: Setting,
  rounds: number,
  outputs: string,
): Promise<Outcome[]> {
  const contenders = one
    .contenders(setting, outputs)
    .filter(({ engine }) => engine === REFERENCE || setting.wantsEngine(engine))
  const failures = new Map<string, string>()
  let ready: Measured[] = []
  let expected: Answer | null = null
  for (const contender of [...contenders].sort((a, b) => Number(isReference(b)) - Number(isReference(a)))) {
    setting.progress(`${one.name}: ${contender.engine}`)
    try {
      await contender.prepare()
      const ended = await runProcess(contender.program, true)
      const answer = await contender.answer(ended)
      const difference = expected === null || answer === null ? null : firstDifference(expected, answer)
      if (difference !== null) throw new Error(`another answer than ${REFERENCE}: ${difference}`)
      expected ??= answer
      ready.push({ contender, usage: ended.usage, readings: [] })
    } catch (error) {
      failures.set(contender.engine, messageOf(error))
    }
  }
  for (let round = 0; round < rounds; round++) {
    setting.progress(`${one.name}: round ${round + 1} of ${rounds}`)
    for (const { contender, readings } of ready) {
      try {
        await contender.prepare()
        readings.push(contender.read(await runProcess(contender.program, false)))
      } catch (error) {
        failures.set(contender.engine, messageOf(error))
      }
    }
    ready = ready.filter(({ contender }) => !failures.has(contender.engine))
  }
  return contenders.map(({ engine }): Outcome => {
    const done = ready.find(({ contender }) => contender.engine === engine)
    if (done === undefined) return missed(engine, failures.get(engine) ?? 'was not run')
    return {
      engine,
      status: 'done',
      milliseconds: done.readings.map(({ milliseconds }) => milliseconds),
      peakBytes: done.usage?.peakBytes ?? null,
      cpuMilliseconds: done.usage?.cpuMilliseconds ?? null,
      figures: mediansOf(done.readings.map(({ figures }) => figures)),
      memory: null,
    }
  })
}

function missed(engine: string, failure: string): Outcome {
  const missing = missingPackageReason(failure)
  return { engine, status: missing === null ? 'failed' : 'absent', reason: missing ?? failure }
}

function isReference({ engine }: Contender): boolean {
  return engine === REFERENCE
}

/** Each figure over all runs, which have the same ones. */
function mediansOf(runs: readonly (readonly Figure[])[]): Figure[] {
  return runs[0].map((figure, i) => ({ ...figure, value: median(runs.map((figures) => figures[i].value)) }))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
