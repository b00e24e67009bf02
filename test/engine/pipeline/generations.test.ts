import fc from 'fast-check'
import type { GenerationsResult } from '../../../engine/pipeline/generations/results.js'
import {
  type GenerationsEvent,
  type GenerationsOptions,
  runGenerations,
} from '../../../engine/pipeline/generations/run-generations.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { PipeOptions } from '../../../planner/graph/pipe.js'
import { PipeGraph } from '../../../planner/graph/pipe-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import { describe, expect, it } from '../../support/jest.js'

function planOf(...pipes: PipeOptions[]): ExecutionPlan {
  return new PlanGenerator(PipeGraph.of(pipes, { external: 'any' })).batchPlan()
}

/** Two chains, of which the first ends in two. */
const chains = planOf(
  { id: 'a' },
  { id: 'b' },
  { id: 'a2', inputs: ['a'] },
  { id: 'b2', inputs: ['b'] },
  { id: 'a3', inputs: ['a2'] },
  { id: 'both', inputs: ['a2', 'b2'] },
  { id: 'b3', inputs: ['b2'] },
)

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function statuses({ pipes }: GenerationsResult<unknown>): Record<string, string> {
  return Object.fromEntries(
    pipes.map(({ id, status, because }) => [id, because === null ? status : `${status} because of ${because}`]),
  )
}

/** Waits until the run is aborted, and fails then. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(new VolleyError('VOLLEY_ABORTED', 'the run was aborted')), {
      once: true,
    })
  })
}

const runs = { numRuns: 30, seed: 5 }

describe('a run of generations', () => {
  it('does the work of each pipe after that of those it depends on, no more at once than there are workers', async () => {
    const graphs = fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 15 })
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), async (reads, maxWorkers) => {
        const plan = planOf(
          ...reads.map((inputs, index) => ({
            id: `p${index}`,
            inputs: index === 0 ? ['outside'] : ['outside', ...new Set(inputs.map((input) => `p${input % index}`))],
          })),
        )
        const done = new Set<string>()
        let running = 0
        let most = 0
        const result = await runGenerations(plan, {
          maxWorkers,
          run: async ({ id }, { generation }) => {
            expect(plan.graph.dependencies(id).filter((one) => !done.has(one))).toEqual([])
            expect(generation).toBe(plan.generationOf(id))
            most = Math.max(most, ++running)
            await new Promise(setImmediate)
            running--
            done.add(id)
            return id.toUpperCase()
          },
        })
        expect(most).toBe(Math.min(maxWorkers, plan.maxParallelism()))
        expect(result).toMatchObject({ status: 'done', error: null })
        expect(result.pipes.map(({ id, value }) => [id, value])).toEqual(plan.ids.map((id) => [id, id.toUpperCase()]))
        expect(result.generations.map(({ number }) => number)).toEqual(plan.generations.map(({ number }) => number))
      }),
      runs,
    )
  })

  it('measures each pipe', async () => {
    const result = await runGenerations(planOf({ id: 'a' }, { id: 'b', inputs: ['a'] }), { run: () => wait(20) })
    for (const pipe of result.pipes) {
      expect(pipe).toMatchObject({ kind: 'pipe', attempts: 1, error: null })
      expect(pipe.durationMs).toBeGreaterThan(15)
    }
    expect(result.durationMs).toBeGreaterThan(35)
    expect(result.generations[1].durationMs).toBeGreaterThan(15)
  })

  it('tells what happens as it happens', async () => {
    const events: string[] = []
    const tell = (event: GenerationsEvent<unknown>) => {
      const what =
        event.kind === 'generation' ? event.ids.join(' ') : event.kind === 'started' ? event.id : event.result.id
      events.push(`${event.kind} ${what}`)
    }
    const plan = planOf({ id: 'a' }, { id: 'b', inputs: ['a'] }, { id: 'c', inputs: ['a'] })
    await runGenerations(plan, { run: async () => {}, onEvent: tell, maxWorkers: 1 })
    expect(events).toEqual([
      'generation a',
      'started a',
      'ended a',
      'generation b c',
      'started b',
      'ended b',
      'started c',
      'ended c',
    ])
  })

  it('is refused for plans that are no order of work, and for no workers', async () => {
    const streaming = new PlanGenerator(chains.graph).streamingPlan()
    await expect(runGenerations(streaming, { run: async () => {} })).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
      message:
        'a plan in streaming order cannot be run one generation after the other: its pipes come before what they read',
    })
    await expect(runGenerations(chains, { run: async () => {}, maxWorkers: 0 })).rejects.toThrow(
      'maxWorkers is a whole',
    )
  })
})

describe('when a pipe fails', () => {
  const failing = (id: string) => new Error(`${id} is broken`)

  it('by default the others are aborted, and no more begins', async () => {
    const began: string[] = []
    const result = await runGenerations(chains, {
      run: async ({ id }, { signal }) => {
        began.push(id)
        if (id === 'a2') {
          await wait(5)
          throw failing(id)
        }
        if (id === 'b2') await untilAborted(signal)
      },
    })
    expect(began).toEqual(['a', 'b', 'a2', 'b2'])
    expect(statuses(result)).toEqual({
      a: 'done',
      b: 'done',
      a2: 'failed',
      b2: 'aborted because of a2',
      a3: 'skipped because of a2',
      both: 'skipped because of a2',
      b3: 'skipped because of a2',
    })
    expect(result.status).toBe('failed')
    expect(result.error).toEqual(failing('a2'))
    expect(result.pipes.find(({ id }) => id === 'b2')?.error).toMatchObject({ code: 'VOLLEY_ABORTED' })
  })

  it('those of its generation that wait for a worker never begin', async () => {
    const result = await runGenerations(planOf({ id: 'a', inputs: ['x'] }, { id: 'b', inputs: ['x'] }), {
      maxWorkers: 1,
      run: async ({ id }) => {
        throw failing(id)
      },
    })
    expect(statuses(result)).toEqual({ a: 'failed', b: 'skipped because of a' })
  })

  it('what does not depend on it goes on under continue, and the rest is skipped', async () => {
    const ended: string[] = []
    const result = await runGenerations(chains, {
      onFailure: 'continue',
      run: async ({ id }) => {
        if (id === 'a') throw failing(id)
      },
      onEvent: (event) => {
        if (event.kind === 'ended') ended.push(event.result.id)
      },
    })
    expect(statuses(result)).toEqual({
      a: 'failed',
      b: 'done',
      a2: 'skipped because of a',
      b2: 'done',
      a3: 'skipped because of a',
      both: 'skipped because of a',
      b3: 'done',
    })
    expect([result.status, result.error]).toEqual(['failed', failing('a')])
    expect([...ended].sort()).toEqual([...chains.ids].sort())
    expect(result.pipes[2]).toMatchObject({ id: 'a2', attempts: 0, durationMs: 0, value: undefined })
  })

  it('each failure is told under continue, and the first is that of the run', async () => {
    const result = await runGenerations(chains, {
      onFailure: 'continue',
      run: async ({ id }) => {
        if (id === 'b') await wait(5)
        if (id === 'a' || id === 'b') throw failing(id)
      },
    })
    expect(statuses(result)).toMatchObject({ both: 'skipped because of a', b3: 'skipped because of b' })
    expect(result.error).toEqual(failing('a'))
  })
})

describe('retries', () => {
  const passing = () => new VolleyError('VOLLEY_IO', 'the disk is away')

  it('repeat a pipe whose failure may pass', async () => {
    const attempts: number[] = []
    const result = await runGenerations(planOf({ id: 'a' }), {
      retries: () => ({ count: 3, backoffMs: 1 }),
      run: async (_, { attempt }) => {
        attempts.push(attempt)
        if (attempt === 1) throw passing()
        if (attempt === 2) throw Object.assign(new Error('busy'), { retryable: true })
        return attempt
      },
    })
    expect(attempts).toEqual([1, 2, 3])
    expect(result.pipes[0]).toMatchObject({ status: 'done', attempts: 3, value: 3, error: null })
  })

  it('end with the last failure, or with one that does not pass', async () => {
    const fail = async (error: unknown) => {
      const options: GenerationsOptions<void> = {
        retries: ({ id }) => (id === 'a' ? { count: 2, backoffMs: 1 } : null),
        onFailure: 'continue',
        run: async () => {
          throw error
        },
      }
      const { pipes } = await runGenerations(planOf({ id: 'a', inputs: ['x'] }, { id: 'b', inputs: ['x'] }), options)
      return pipes.map((pipe) => [pipe.attempts, pipe.error instanceof Error ? pipe.error.message : null])
    }
    expect(await fail(passing())).toEqual([
      [3, 'the disk is away (after 3 attempts)'],
      [1, 'the disk is away'],
    ])
    expect(await fail(new Error('broken'))).toEqual([
      [1, 'broken'],
      [1, 'broken'],
    ])
  })
})

describe('when the run is aborted', () => {
  it('what is under way ends, nothing more begins, and nothing is thrown', async () => {
    const controller = new AbortController()
    const result = await runGenerations(chains, {
      signal: controller.signal,
      run: async ({ id }, { signal }) => {
        if (id === 'b') controller.abort(new Error('enough'))
        if (id === 'a') await untilAborted(signal)
      },
    })
    expect(statuses(result)).toEqual({
      a: 'aborted',
      b: 'done',
      a2: 'aborted',
      b2: 'aborted',
      a3: 'aborted',
      both: 'aborted',
      b3: 'aborted',
    })
    expect(result.status).toBe('aborted')
    expect(result.error).toMatchObject({ code: 'VOLLEY_ABORTED', cause: { message: 'enough' } })
    expect(result.generations.map(({ number }) => number)).toEqual([0])
  })

  it('before it began, nothing begins', async () => {
    const result = await runGenerations(chains, {
      signal: AbortSignal.abort(),
      run: async () => {
        throw new Error('it began')
      },
    })
    expect(new Set(Object.values(statuses(result)))).toEqual(new Set(['aborted']))
  })

  it('while a pipe waits to be repeated, the wait ends', async () => {
    const controller = new AbortController()
    const result = await runGenerations(planOf({ id: 'a' }), {
      signal: controller.signal,
      retries: () => ({ count: 1, backoffMs: 3_600_000 }),
      run: async () => {
        setTimeout(() => controller.abort(), 5)
        throw new VolleyError('VOLLEY_IO', 'the disk is away')
      },
    })
    expect([result.status, statuses(result)]).toEqual(['aborted', { a: 'aborted' }])
  })

  it('after a failure under continue, it says that it was aborted', async () => {
    const controller = new AbortController()
    const result = await runGenerations(chains, {
      signal: controller.signal,
      onFailure: 'continue',
      run: async ({ id }) => {
        if (id === 'a') throw new Error('broken')
        if (id === 'b2') controller.abort()
      },
    })
    expect(result.status).toBe('aborted')
    expect(statuses(result)).toMatchObject({ a: 'failed', a3: 'skipped because of a', b2: 'done', b3: 'aborted' })
  })
})
