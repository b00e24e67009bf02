/** Streams start as their plans say. */

import { readFileSync, writeFileSync } from 'node:fs'
import { expandedGraphOf } from '../../../../planner/graph/pipeline-graph.js'
import { PlanGenerator } from '../../../../planner/graph/plan-generator.js'
import type { PipelineSpecification } from '../../../../planner/pipeline/specification.js'
import { describe, expect, it } from '../../../support/jest.js'
import { define, StreamScene } from '../../../support/streaming.js'

const scene = StreamScene.forFile()

/** Writes down when it is made. */
const LOGGED = `
import { appendFileSync } from 'node:fs'
export function createLogged({ log }, { stage }) {
  appendFileSync(log, stage + '\\n')
  return { process: (record) => record }
}`

describe('the stages of a stream', () => {
  it('are opened in the order of the plan, sinks first', async () => {
    const log = scene.path('opened.txt')
    writeFileSync(scene.path('logged.mjs'), LOGGED)
    writeFileSync(log, '')
    const logged = (id: string, from: string | readonly string[], tables: Record<string, string> = {}) => ({
      id,
      from,
      tables,
      transform: {
        function: { module: scene.path('logged.mjs'), function: 'createLogged', kwargs: { log } },
      },
    })
    const specification: PipelineSpecification = {
      mode: 'streaming',
      placement: { kind: 'actor', actors: 1 },
      stages: [
        { id: 'source', source: [{ a: 1 }] },
        logged('first', 'source'),
        { id: 'early', from: 'first', target: 'early.ndjson' },
        logged('left', 'first'),
        logged('right', 'first'),
        logged('behind-right', 'right'),
        logged('met', ['left', 'behind-right']),
        { id: 'late', from: 'met', target: 'late.ndjson' },
      ],
    }
    const plan = new PlanGenerator(expandedGraphOf(define(specification, scene.directory))).streamingPlan()
    expect(plan.generations.map(({ ids }) => ids)).toEqual([
      ['early', 'late'],
      ['met'],
      ['left', 'behind-right'],
      ['right'],
      ['first'],
      ['source'],
    ])
    await scene.run(specification)
    const opened = readFileSync(log, 'utf8').trim().split('\n')
    expect(opened).toEqual(plan.ids.filter((id) => opened.includes(id)))
    expect(opened).toHaveLength(5)
  })
})
