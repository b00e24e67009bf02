/** Works that are one behind the other. */

import { SequencedWork } from '../../../../engine/pipeline/streaming/sequence.js'
import { afterAll, describe, expect, it } from '../../../support/jest.js'
import { functionBody, INPUT, numbered, PLACEMENTS, Stages } from '../placements/stages.js'

const stages = new Stages()
afterAll(() => stages.close())

/** Batches of a row each. */
const ids = [0, 1, 2, 3, 4]

describe('works in sequence', () => {
  it('get batches in order, though those before were done in another', async () => {
    const processes = { kind: 'process', maxProcesses: 3, retries: 0, timeout: null } as const
    const work = new SequencedWork([
      await stages.open(functionBody('laterSooner', 'batch', {}, INPUT), processes),
      await stages.open(functionBody('Order'), PLACEMENTS.actor),
    ])
    await Promise.all(ids.map((id) => work.process(stages.batch(numbered(id, id + 1)))))
    expect(stages.rows(await work.finish()).main).toEqual([{ ids: '0,1,2,3,4' }])
    await work.close()
  })

  it('go on behind a batch that failed, in order', async () => {
    const work = new SequencedWork([
      await stages.open(functionBody('fails', 'record', {}, INPUT), { kind: 'threads', maxThreads: 2 }),
      await stages.open(functionBody('Order'), PLACEMENTS.actor),
    ])
    const done = await Promise.allSettled(ids.map((id) => work.process(stages.batch(numbered(id, id + 1)))))
    expect(done.map(({ status }) => status)).toEqual(ids.map((id) => (id === 2 ? 'rejected' : 'fulfilled')))
    expect(stages.rows(await work.finish()).main).toEqual([{ ids: '0,1,3,4' }])
    await work.close()
  })

  it('pass on what they made of a batch, port by port, and what is left at the end', async () => {
    const work = new SequencedWork([
      await stages.open(functionBody('route'), PLACEMENTS.inline),
      await stages.open(functionBody('totals', 'batch'), PLACEMENTS.inline),
    ])
    const made = await Promise.all(ids.map((id) => work.process(stages.batch(numbered(id, id + 2)))))
    const ports = made.map((outputs) => Object.keys(stages.rows(outputs)).sort())
    expect(ports).toEqual(ids.map(() => ['main', 'odd']))
    expect(await work.finish()).toEqual([])
    await work.close()
  })
})
