import { VolleyError } from '../../../planner/errors.js'
import type { PipeOptions } from '../../../planner/graph/pipe.js'
import { type GraphOptions, PipeGraph } from '../../../planner/graph/pipe-graph.js'
import { describe, expect, it } from '../../support/jest.js'
import { PATTERNS } from './patterns.js'

function refusal(pipes: readonly PipeOptions[], options: GraphOptions = {}): VolleyError {
  try {
    PipeGraph.of(pipes, options)
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('the graph was not refused')
}

function expectRefused(pipes: readonly PipeOptions[], message: string, options: GraphOptions = {}): void {
  const error = refusal(pipes, options)
  expect([error.code, error.message]).toEqual(['VOLLEY_INVALID_GRAPH', `the graph cannot run: ${message}`])
}

describe('a graph is refused that has', () => {
  it('two pipes of one name', () => {
    expectRefused(
      [{ id: 'a' }, { id: 'b', inputs: ['a'] }, { id: 'b', inputs: ['a'], outputs: ['c'] }],
      "there are two of id 'b': ids are unique",
    )
  })

  it('a dataset that two make, or that is said to come from outside, or that has the name of another pipe', () => {
    const source = { id: 'a', outputs: ['x'] }
    expectRefused(
      [
        source,
        { id: 'b', inputs: ['x'], outputs: ['y'] },
        { id: 'c', kind: 'processor', inputs: ['x'], outputs: ['y'] },
      ],
      "pipe 'b' and processor 'c' both make 'y'",
    )
    expectRefused([source, { id: 'b', inputs: ['x'] }], "pipe 'a' makes 'x', which comes from outside", {
      external: ['x'],
    })
    expectRefused(
      [
        { id: 'a', outputs: ['b'] },
        { id: 'b', inputs: ['a'], outputs: ['c'] },
      ],
      "'b' is the id of one and a dataset of pipe 'a': names are unique",
    )
  })

  it('cycles, each named with a shortest way around', () => {
    expectRefused([{ id: 'a', inputs: ['a'] }], 'a cycle: a -> a')
    const error = refusal([
      { id: 'start' },
      { id: 'a', inputs: ['start', 'c'] },
      { id: 'b', inputs: ['a'] },
      { id: 'c', inputs: ['b'] },
      { id: 'detour', inputs: ['b'] },
      { id: 'c2', inputs: ['detour'], outputs: ['c2'] },
      { id: 'x', inputs: ['c', 'y'] },
      { id: 'y', tables: ['x'] },
    ])
    expect(error.message).toBe('the graph cannot run: 2 faults:\n  a cycle: a -> b -> c -> a\n  a cycle: x -> y -> x')
    expect(error.details.problems).toMatchObject([
      { kind: 'cycle', ids: ['a', 'b', 'c', 'a'] },
      { kind: 'cycle', ids: ['x', 'y', 'x'] },
    ])
  })

  it('inputs that nothing makes', () => {
    const pipes: PipeOptions[] = [
      { id: 'orders', kind: 'producer' },
      { id: 'clean', kind: 'processor', inputs: ['order'] },
      { id: 'load', kind: 'consumer', inputs: ['clean', 'orders'] },
    ]
    expectRefused(pipes, "processor 'clean' reads 'order', which nothing makes; did you mean 'orders'?")
    expectRefused([{ id: 'a', inputs: ['raw'] }], "pipe 'a' reads 'raw', which nothing makes")
    expect(PipeGraph.of([{ id: 'a', inputs: ['raw'] }], { external: ['raw', 'unused'] }).external()).toEqual(['raw'])
    expect(PipeGraph.of([{ id: 'a', inputs: ['raw'] }], { external: 'any' }).external()).toEqual(['raw'])
  })

  it('readers of what puts nothing out, and stages that must read and do not', () => {
    expectRefused(
      [
        { id: 'a', kind: 'producer' },
        { id: 'load', kind: 'consumer', inputs: ['a'] },
        { id: 'after', kind: 'processor', inputs: ['load'] },
      ],
      "processor 'after' reads consumer 'load', which puts nothing out",
    )
    expectRefused(
      [
        { id: 'a', kind: 'producer' },
        { id: 'load', kind: 'consumer' },
        { id: 'b', inputs: ['a'] },
      ],
      "consumer 'load' reads nothing; name the stages that it takes its input from",
    )
  })

  it('orphans, but not where there is nothing else', () => {
    const chain: PipeOptions[] = [{ id: 'a' }, { id: 'b', inputs: ['a'] }]
    expectRefused([...chain, { id: 'alone', kind: 'producer' }], "producer 'alone' reads nothing, and nothing reads it")
    expect(PipeGraph.of([{ id: 'alone' }]).ids).toEqual(['alone'])
    expect(PipeGraph.of([...chain, { id: 'whole', kind: 'pipeline', outputs: [] }]).sinks()).toEqual(['b', 'whole'])
    expect(PipeGraph.of([]).ids).toEqual([])
  })

  it('what is no pipe', () => {
    for (const [pipes, message] of [
      [[{ id: '' }], /the id of a pipe is a name/],
      [[{ id: 'a', kind: 'sink' }], /the kind of pipe 'a' is one of .*'consumer'/],
      [[{ id: 'a', inputs: 'b' }], /the inputs of pipe 'a' are a list of names, not 'b'/],
      [[{ id: 'a', input: ['b'] }], /a pipe has no option 'input'; did you mean 'inputs'/],
      [{ id: 'a' }, /a graph is made of a list of pipes/],
    ] as const) {
      const given = pipes as unknown as PipeOptions[]
      const error = refusal(given)
      expect([error.code, error.message]).toEqual(['VOLLEY_INVALID_ARGUMENT', expect.stringMatching(message)])
    }
  })
})

describe('a graph', () => {
  const graph = PipeGraph.of(PATTERNS.medallion.pipes, { external: PATTERNS.medallion.external ?? [] })

  it('knows what depends on what', () => {
    expect(graph.dependencies('silver-orders')).toEqual(['bronze-orders', 'silver-customers'])
    expect(graph.dependents('silver-customers')).toEqual(['silver-orders', 'gold-customers'])
    expect(graph.ancestors('gold-revenue')).toEqual([
      'bronze-orders',
      'bronze-customers',
      'silver-customers',
      'silver-orders',
    ])
    expect(graph.descendants('bronze-customers')).toEqual([
      'silver-customers',
      'silver-orders',
      'gold-revenue',
      'gold-customers',
    ])
    expect([graph.sources(), graph.sinks()]).toEqual([
      ['bronze-orders', 'bronze-customers'],
      ['gold-revenue', 'gold-customers'],
    ])
    expect(() => graph.dependencies('gold-revenu')).toThrow("no 'gold-revenu'; did you mean 'gold-revenue'?")
  })

  it('tells what several pipes read', () => {
    expect(graph.sharedInputs()).toEqual([
      { dataset: 'silver.customers', from: 'silver-customers', readers: ['silver-orders', 'gold-customers'] },
      { dataset: 'silver.orders', from: 'silver-orders', readers: ['gold-revenue', 'gold-customers'] },
    ])
    const shared = PipeGraph.of(PATTERNS['shared input'].pipes, { external: 'any' })
    expect(shared.sharedInputs()).toEqual([
      { dataset: 'orders', from: null, readers: ['by-day', 'by-country', 'by-product'] },
    ])
  })

  it('lets a name of a pipe stand for all that it makes', () => {
    const two = PipeGraph.of([
      { id: 'split', outputs: ['left', 'right'] },
      { id: 'both', inputs: ['split'] },
    ])
    expect(two.edges.map(({ dataset, from, to }) => [dataset, from, to])).toEqual([
      ['left', 'split', 'both'],
      ['right', 'split', 'both'],
    ])
    expect(two.dependencies('both')).toEqual(['split'])
  })

  it('warns of outputs of stages that nobody reads', () => {
    const { warnings } = PipeGraph.of(PATTERNS['multi-sink streaming'].pipes)
    expect(warnings).toEqual([
      { kind: 'unread', ids: ['route'], message: "nothing reads 'route.rejects': its rows are dropped" },
    ])
    expect(PipeGraph.of([{ id: 'a', kind: 'producer' }]).warnings).toMatchObject([
      { message: "nothing reads the output of producer 'a': its rows are dropped" },
    ])
    expect(graph.warnings).toEqual([])
  })

  it('finds tables that descend from the same source as what is streamed past them', () => {
    const pipes: PipeOptions[] = [
      { id: 'a', kind: 'producer' },
      { id: 'b', kind: 'producer' },
      { id: 'totals', kind: 'processor', inputs: ['a'] },
      { id: 'shares', kind: 'processor', inputs: ['a'], tables: ['totals', 'b'] },
      { id: 'out', kind: 'consumer', inputs: ['shares'] },
    ]
    expect(PipeGraph.of(pipes).tableConflicts()).toEqual([{ id: 'shares', table: 'totals', input: 'a', source: 'a' }])
    expect(graph.tableConflicts()).toEqual([])
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(graph) && Object.isFrozen(graph.pipes) && Object.isFrozen(graph.pipes[0])).toBe(true)
    expect(Object.isFrozen(graph.edges) && Object.isFrozen(graph.pipes[0].inputs)).toBe(true)
  })
})

it('draws names of any characters', () => {
  const strange = PipeGraph.of([{ id: 'say "hi" #1\\' }, { id: 'end', inputs: ['say "hi" #1\\'], group: 'a <b>' }])
  expect(strange.toMermaid()).toBe(`flowchart LR
  subgraph g0 ["a #lt;b>"]
    p1["end"]
  end
  p0["say #quot;hi#quot; #35;1\\"]
  p0 --> p1
`)
  expect(strange.toDot()).toContain('"say \\"hi\\" #1\\\\" -> "end"')
})
