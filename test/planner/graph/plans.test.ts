/** Golden plans: `UPDATE_GOLDEN=1 npx jest dist/test/planner/graph/plans` writes them anew. */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PipeGraph } from '../../../planner/graph/pipe-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import { describe, expect, it } from '../../support/jest.js'
import { PATTERNS } from './patterns.js'

/** From dist/test/planner/graph to the sources. */
const FOLDER = new URL('../../../../test/plans/', import.meta.url)

describe('plans of patterns', () => {
  it.each(Object.entries(PATTERNS))('%s', (name, { pipes, external }) => {
    const graph = PipeGraph.of(pipes, external === undefined ? {} : { external })
    const generator = new PlanGenerator(graph)
    const [batch, streaming] = [generator.batchPlan(), generator.streamingPlan()]
    const actual = [
      batch.toText(),
      streaming.toText(),
      `${JSON.stringify(streaming.summary(), null, 2)}\n`,
      batch.toMermaid(),
      graph.toDot(),
    ].join('\n')
    const path = fileURLToPath(new URL(`graph-${name.replaceAll(' ', '-')}.txt`, FOLDER))
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, actual)
    expect(actual).toBe(readFileSync(path, 'utf8'))
  })
})
