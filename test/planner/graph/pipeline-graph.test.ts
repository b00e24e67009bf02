import { VolleyError } from '../../../planner/errors.js'
import { expandedGraphOf, graphOf, pipelineProblems } from '../../../planner/graph/pipeline-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import { definePipeline } from '../../../planner/pipeline/define/pipeline.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import type { GraphSpecification, StageSpecification } from '../../../planner/pipeline/specification.js'
import { describe, expect, it } from '../../support/jest.js'

function defined(stages: readonly StageSpecification[]): PipelineDefinition {
  const specification: GraphSpecification = { name: 'orders', stages }
  return definePipeline(specification, {
    directory: '/data',
    resolve: (path) => `/data/${path}`,
    formatOf: () => 'parquet',
    load: (path) => {
      throw new Error(`nothing is at ${path}`)
    },
  })
}

const nested = defined([
  { id: 'in', source: { type: 'input' } },
  { id: 'parse', from: 'in', transform: [{ filter: 'price > 0' }] },
  { id: 'log', from: 'parse.rejects', target: 'log.parquet' },
])

const orders = defined([
  { id: 'orders', source: 'orders.parquet' },
  { id: 'customers', source: 'customers.parquet' },
  { id: 'clean', pipeline: nested, from: 'orders', entry: 'in', exit: 'parse' },
  { id: 'route', from: 'clean', tables: { people: 'customers' }, routes: { large: 'price > 1000' } },
  { id: 'large', from: 'route.large', target: 'large.parquet' },
  { id: 'all', from: ['route', 'route.large'], target: 'all.parquet' },
])

function refusal(work: () => unknown): VolleyError {
  try {
    work()
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the graph of a pipeline', () => {
  it('has its stages, ports and tables', () => {
    const graph = graphOf(orders)
    expect(graph.pipes.map(({ id, kind, outputs }) => [id, kind, outputs])).toEqual([
      ['orders', 'producer', ['orders']],
      ['customers', 'producer', ['customers']],
      ['clean', 'pipeline', ['clean']],
      ['route', 'processor', ['route', 'route.large']],
      ['large', 'consumer', []],
      ['all', 'consumer', []],
    ])
    expect(graph.edges.map(({ dataset, to, isTable }) => [dataset, to, isTable])).toEqual([
      ['orders', 'clean', false],
      ['clean', 'route', false],
      ['customers', 'route', true],
      ['route.large', 'large', false],
      ['route', 'all', false],
      ['route.large', 'all', false],
    ])
    expect(graph.sharedInputs()).toEqual([{ dataset: 'route.large', from: 'route', readers: ['large', 'all'] }])
    expect(graph.warnings).toEqual([])
    expect(new PlanGenerator(graph).batchPlan().generations.map(({ ids }) => ids)).toEqual([
      ['orders', 'customers'],
      ['clean'],
      ['route'],
      ['large', 'all'],
    ])
  })

  it('has the stages of nested pipelines in their place when expanded', () => {
    const graph = expandedGraphOf(orders)
    expect(graph.ids).toEqual(['orders', 'customers', 'clean/parse', 'clean/log', 'route', 'large', 'all'])
    expect(graph.dependencies('clean/parse')).toEqual(['orders'])
    expect(graph.dependencies('route')).toEqual(['clean/parse', 'customers'])
    expect(graph.toMermaid()).toContain(`  subgraph g0 ["clean"]
    p2["clean/parse"]
    p3[("clean/log")]
  end
`)
    expect(graph.toMermaid()).toContain('p2 -->|"rejects"| p3')
  })

  it('is refused for cycles and for stages that nothing leads to, in nested pipelines too', () => {
    const inner = defined([
      { id: 'in', source: { type: 'input' } },
      { id: 'a', kind: 'processor', from: ['in', 'b'] },
      { id: 'b', kind: 'processor', from: 'a' },
      { id: 'out', from: 'b', target: 'out.parquet' },
    ])
    const cyclic = defined([
      { id: 'orders', source: 'orders.parquet' },
      { id: 'forgotten', source: 'more.parquet' },
      { id: 'x', kind: 'processor', from: ['orders', 'y'] },
      { id: 'y', kind: 'processor', from: 'x' },
      { id: 'inside', pipeline: inner, from: 'y', entry: 'in' },
    ])
    const error = refusal(() => graphOf(cyclic))
    expect([error.code, error.message.split('\n')]).toEqual([
      'VOLLEY_INVALID_GRAPH',
      [
        "pipeline 'orders': 3 faults:",
        '  a cycle: x -> y -> x',
        "  producer 'forgotten' reads nothing, and nothing reads it",
        "  in nested pipeline 'inside': a cycle: a -> b -> a",
      ],
    ])
    expect(pipelineProblems(cyclic).map(({ kind, ids }) => [kind, ids])).toEqual([
      ['cycle', ['x', 'y', 'x']],
      ['orphan', ['forgotten']],
      ['cycle', ['inside/a', 'inside/b', 'inside/a']],
    ])
  })

  it('is refused if a nested pipeline does not fit its place', () => {
    const unfed = orders.stages.map((stage) => (stage.id === 'clean' ? { ...stage, inputs: [] } : stage))
    expect(pipelineProblems({ ...orders, stages: unfed }).map(({ message }) => message)).toEqual([
      "producer 'orders' reads nothing, and nothing reads it",
      "nested pipeline 'clean' takes input and reads nothing",
    ])
    const whole = defined([
      { id: 'in', source: 'in.parquet' },
      { id: 'out', from: 'in', target: 'out.parquet' },
    ])
    const beside = (from: object) =>
      pipelineProblems(
        defined([
          { id: 'orders', source: 'orders.parquet' },
          { id: 'end', from: 'orders', target: 'x.parquet' },
          { id: 'whole', kind: 'pipeline', pipeline: whole, ...from },
        ]),
      ).map(({ message }) => message)
    expect(beside({})).toEqual([])
    expect(beside({ from: 'orders' })).toEqual(["nested pipeline 'whole' has inputs, and no stage inside takes them"])
  })

  it('warns of rows that nobody takes', () => {
    const { warnings } = graphOf(
      defined([
        { id: 'orders', source: 'orders.parquet' },
        { id: 'route', from: 'orders', routes: { large: 'price > 1000' } },
        { id: 'all', from: 'route', target: 'all.parquet' },
      ]),
    )
    expect(warnings).toMatchObject([{ message: "nothing reads 'route.large': its rows are dropped" }])
  })
})
