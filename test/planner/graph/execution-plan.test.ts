import fc from 'fast-check'
import { ExecutionPlan, type PlanJson } from '../../../planner/graph/execution-plan.js'
import { type ExecutionOrder, OrderRegistry } from '../../../planner/graph/orders.js'
import type { PipeOptions } from '../../../planner/graph/pipe.js'
import { PipeGraph } from '../../../planner/graph/pipe-graph.js'
import { PlanCache } from '../../../planner/graph/plan-cache.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import { describe, expect, it } from '../../support/jest.js'
import { PATTERNS } from './patterns.js'

const medallion = PipeGraph.of(PATTERNS.medallion.pipes, { external: 'any' })

/** Some pipes in some order, each of which reads some of those before it in another. */
const acyclic = fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { minLength: 1, maxLength: 30 }).chain((reads) => {
  const pipes = reads.map((inputs, index): PipeOptions => {
    const before = index === 0 ? [] : [...new Set(inputs.map((input) => `p${input % index}`))]
    return { id: `p${index}`, inputs: [...before, 'outside'] }
  })
  return fc.shuffledSubarray(pipes, { minLength: pipes.length, maxLength: pipes.length })
})

const runs = { numRuns: 200, seed: 11 }

describe('any graph', () => {
  it('has each pipe after what it reads in batch order, as early as that allows, and the other way around in streaming', () => {
    fc.assert(
      fc.property(acyclic, (pipes) => {
        const graph = PipeGraph.of(pipes, { external: 'any' })
        const generator = new PlanGenerator(graph)
        const [batch, streaming] = [generator.batchPlan(), generator.streamingPlan()]
        for (const plan of [batch, streaming]) {
          expect([...plan.ids].sort()).toEqual([...graph.ids].sort())
          expect(plan.maxParallelism()).toBe(Math.max(...plan.generations.map(({ ids }) => ids.length)))
        }
        for (const id of graph.ids) {
          const after = graph.dependencies(id).map((one) => batch.generationOf(one) + 1)
          expect(batch.generationOf(id)).toBe(Math.max(0, ...after))
          const before = graph.dependents(id).map((one) => streaming.generationOf(one) + 1)
          expect(streaming.generationOf(id)).toBe(Math.max(0, ...before))
        }
      }),
      runs,
    )
  })

  it('comes back from JSON as the same plan', () => {
    fc.assert(
      fc.property(acyclic, (pipes) => {
        const plan = new PlanGenerator(PipeGraph.of(pipes, { external: 'any' })).streamingPlan()
        const json = JSON.stringify(plan)
        const again = ExecutionPlan.fromJSON(JSON.parse(json))
        expect(JSON.stringify(again)).toBe(json)
        expect(JSON.stringify(ExecutionPlan.fromJSON(json))).toBe(json)
        expect([again.toText(), again.toDot()]).toEqual([plan.toText(), plan.toDot()])
      }),
      { ...runs, numRuns: 50 },
    )
  })

  it('is refused with a true cycle when one is closed in it', () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), fc.nat(), (pipes, one, other) => {
        const graph = PipeGraph.of(pipes, { external: 'any' })
        const first = graph.ids[one % graph.ids.length]
        const after = [first, ...graph.descendants(first)]
        const last = after[other % after.length]
        const closed = pipes.map((pipe) =>
          pipe.id === first ? { ...pipe, inputs: [...(pipe.inputs ?? []), last] } : pipe,
        )
        const { problems } = PipeGraph.check(closed, { external: 'any' })
        expect(problems.map(({ kind }) => kind)).toEqual(['cycle'])
        const [{ ids }] = problems
        expect(ids[0]).toBe(ids.at(-1))
        for (let i = 1; i < ids.length; i++) {
          expect(closed.find(({ id }) => id === ids[i])?.inputs).toContain(ids[i - 1])
        }
        expect(new Set(ids).size).toBe(ids.length - 1)
      }),
      runs,
    )
  })
})

it('plans long chains', () => {
  const pipes = Array.from(
    { length: 20_000 },
    (_, i): PipeOptions => ({ id: `p${i}`, inputs: i === 0 ? [] : [`p${i - 1}`] }),
  )
  const plan = new PlanGenerator(PipeGraph.of(pipes)).batchPlan()
  expect(plan.generations).toHaveLength(20_000)
})

describe('a plan', () => {
  const generator = new PlanGenerator(medallion)
  const plan = generator.batchPlan()

  it('tells its generations', () => {
    expect(plan.generation(1)).toEqual({
      number: 1,
      ids: ['silver-customers'],
      dependencies: ['bronze-customers'],
    })
    expect(plan.generationOf('gold-revenue')).toBe(3)
    expect(() => plan.generation(4)).toThrow('the plan has no generation 4, the last is 3')
    expect(() => plan.generationOf('gold')).toThrow("the graph has no 'gold'")
  })

  it('has its summary', () => {
    expect(plan.summary()).toEqual({
      order: 'batch',
      direction: 'forward',
      pipes: 6,
      generations: 4,
      maxParallelism: 2,
      sizes: [2, 1, 1, 2],
      sharedInputs: ['silver.customers', 'silver.orders'],
      external: ['raw.orders', 'raw.customers'],
      metadata: { start: 'sources_first' },
    })
    expect(generator.streamingPlan().metadata).toEqual({ start: 'sinks_first', checkpointOrder: 'downstream_first' })
  })

  it('cannot be changed', () => {
    const { generations, metadata } = generator.streamingPlan()
    expect([generations, generations[0], generations[0].ids, metadata].every(Object.isFrozen)).toBe(true)
  })

  it('is refused if its JSON was changed so that it cannot run', () => {
    const json: PlanJson = JSON.parse(JSON.stringify(plan))
    const changed = (change: Partial<PlanJson>) => () => ExecutionPlan.fromJSON({ ...json, ...change })
    const [first, second, ...others] = json.generations
    expect(changed({ generations: [second, first, ...others] })).toThrow(
      "'silver-customers' reads 'bronze-customers' and must come in a later generation, but " +
        "'silver-customers' is in generation 0, 'bronze-customers' in 1",
    )
    expect(changed({ generations: [first] })).toThrow("'silver-customers' is missing")
    expect(changed({ generations: [first, ...json.generations] })).toThrow("'bronze-orders' comes twice")
    expect(changed({ generations: [...json.generations, []] })).toThrow('generation 4 is empty')
    expect(changed({ generations: [['x'], ...json.generations] })).toThrow("has 'x', which is not in the graph")
    expect(changed({ pipes: [{ id: 'a', inputs: ['a'] }] })).toThrow('a cycle: a -> a')
    expect(changed({ version: 2 as 1 })).toThrow('a plan is of version 1, not 2')
    expect(() => ExecutionPlan.fromJSON(null as unknown as PlanJson)).toThrow('a plan is an object, not null')
    expect(() => ExecutionPlan.fromJSON('{')).toThrow('a plan is an object, or JSON of one: ')
  })
})

describe('plans of some pipes', () => {
  it('take along what these depend on', () => {
    const plan = new PlanGenerator(medallion).batchPlan(['silver-customers'])
    expect(plan.ids).toEqual(['bronze-customers', 'silver-customers'])
    expect(new PlanGenerator(medallion).plan(['silver-customers'])).toBe(plan)
    expect(plan.graph.external()).toEqual(['raw.customers'])
    expect(plan.sharedInputs()).toEqual([])
  })

  it('are refused for none, or for those that are not there', () => {
    const generator = new PlanGenerator(medallion)
    expect(() => generator.batchPlan([])).toThrow('not an empty list')
    expect(() => generator.streamingPlan(['silver-customer'])).toThrow("did you mean 'silver-customers'?")
  })
})

describe('orders of users', () => {
  /** One pipe after the other. */
  const sequential: ExecutionOrder = {
    name: 'sequential',
    direction: 'forward',
    generations: (graph) => new PlanGenerator(graph).batchPlan().ids.map((id) => [id]),
    metadata: ({ ids }) => ({ steps: ids.length }),
  }

  it('are given, or registered and named', () => {
    const orders = new OrderRegistry()
    orders.register(sequential)
    const generator = new PlanGenerator(medallion, { orders })
    const plan = generator.plan(undefined, 'sequential')
    expect([plan.order, plan.maxParallelism(), plan.metadata]).toEqual(['sequential', 1, { steps: 6 }])
    expect(generator.plan(undefined, sequential)).toBe(plan)
    expect(() => orders.register(sequential)).toThrow("there is an order 'sequential' already")
    expect(() => generator.plan(undefined, 'sequentiel')).toThrow("did you mean 'sequential'?")
  })

  it('are held to what they say of themselves', () => {
    const generator = new PlanGenerator(medallion)
    const all = (direction: ExecutionOrder['direction']): ExecutionOrder => ({
      name: 'all',
      direction,
      generations: ({ ids }) => [ids],
    })
    expect(generator.plan(undefined, all('free')).generations).toHaveLength(1)
    for (const direction of ['forward', 'reverse'] as const) {
      expect(() => generator.plan(undefined, all(direction))).toThrow('the plan in all order is wrong')
    }
    expect(() => generator.plan(undefined, { ...all('free'), name: '' })).toThrow('the name of an order is a name')
    expect(() => generator.plan(undefined, { ...all('free'), direction: 'sideways' as 'free' })).toThrow(
      "the direction of order 'all' is 'forward', 'reverse', 'free'",
    )
  })
})

describe('the cache of plans', () => {
  it('knows plans by their content', () => {
    const cache = new PlanCache()
    const plans = [1, 2].map(() => {
      const graph = PipeGraph.of(PATTERNS.medallion.pipes, { external: 'any' })
      return new PlanGenerator(graph, { cache }).batchPlan()
    })
    expect(plans[0]).toBe(plans[1])
    expect([cache.hits, cache.misses]).toEqual([1, 1])
    const other = PipeGraph.of([...PATTERNS.medallion.pipes, { id: 'more', inputs: ['gold.revenue'] }], {
      external: 'any',
    })
    expect(new PlanGenerator(other, { cache }).batchPlan()).not.toBe(plans[0])
    expect(new PlanGenerator(medallion, { cache }).streamingPlan()).not.toBe(plans[0])
  })

  it('forgets what was asked for longest ago', () => {
    const cache = new PlanCache(2)
    const generator = new PlanGenerator(medallion, { cache })
    const [bronze] = [generator.batchPlan(['bronze-orders'])]
    generator.batchPlan(['bronze-customers'])
    expect(generator.batchPlan(['bronze-orders'])).toBe(bronze)
    generator.batchPlan(['silver-customers'])
    expect(generator.batchPlan(['bronze-orders'])).toBe(bronze)
    expect([cache.hits, cache.misses]).toEqual([2, 3])
    generator.batchPlan(['bronze-customers'])
    expect([cache.hits, cache.misses]).toEqual([2, 4])
  })
})
