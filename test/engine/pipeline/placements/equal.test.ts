/** Every placement does the same. */

import type { Frame } from '../../../../planner/frame.js'
import { FLOAT64, field, INT64, schemaOf } from '../../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { functionBody, INPUT, KINDS, numbered, PLACEMENTS, Stages } from './stages.js'

let stages: Stages
beforeAll(() => {
  stages = new Stages()
})
afterAll(() => stages.close())

describe.each(KINDS)('placed as %s', (kind) => {
  const placement = PLACEMENTS[kind]

  it('calls a function by records, in order', async () => {
    const work = await stages.open(functionBody('double', 'record', { factor: 3 }), placement)
    const { main } = await stages.run(work, [numbered(0, 5), numbered(5, 7), numbered(7, 8)])
    expect(main).toEqual(
      [0, 1, 2, 4, 5, 6, 7].map((id) => ({
        id: BigInt(id),
        value: (id / 2) * 3,
        name: `${id % 4 === 0 ? null : `row ${id}`}!`,
      })),
    )
  })

  it('calls an asynchronous function, that gives several records', async () => {
    const work = await stages.open(functionBody('slowly'), placement)
    const { main } = await stages.run(work, [numbered(0, 2)])
    expect(main.map(({ id }) => Number(id))).toEqual([0, 0, 1, 1])
  })

  it('passes on what it emits by the port that it names', async () => {
    const work = await stages.open(functionBody('route'), placement)
    const { main, odd } = await stages.run(work, [numbered(0, 3), numbered(3, 6)])
    expect(main).toEqual([0n, 2n, 4n].map((id) => ({ id })))
    expect(odd).toEqual([1n, 3n, 5n].map((id) => ({ id, stage: 'tested' })))
  })

  it('calls a function by batches', async () => {
    const work = await stages.open(functionBody('asTable', 'batch', {}, INPUT), placement)
    const { main } = await stages.run(work, [numbered(0, 70), numbered(70, 75)])
    expect(main).toEqual(numbered(0, 75).map((row) => ({ ...row, id: BigInt(row.id as number) })))
  })

  it('takes records of a function that gets a batch, in the schema that is declared', async () => {
    const schema = schemaOf([field('rows', INT64), field('total', FLOAT64)])
    const work = await stages.open(functionBody('totals', 'batch', {}, schema), placement)
    const { main } = await stages.run(work, [numbered(0, 4), numbered(4, 6)])
    expect(main).toEqual([
      { rows: 4n, total: 3 },
      { rows: 2n, total: 4.5 },
    ])
  })

  it('takes columns as typed arrays', async () => {
    const work = await stages.open(functionBody('asColumns', 'batch'), placement)
    const { main } = await stages.run(work, [numbered(0, 2), numbered(2, 3)])
    expect(main).toEqual([0, 1, 2].map((id) => ({ id: BigInt(id), half: id / 2 })))
  })

  it('applies operators', async () => {
    const apply = (input: Frame) => input.filter('id % 2 = 0').withColumns({ twice: 'value * 2' }).drop('value')
    const work = await stages.open({ kind: 'frame', input: null, apply, perBatch: false }, placement)
    const { main } = await stages.run(work, [numbered(0, 3), numbered(3, 5)])
    expect(main).toEqual([
      { id: 0n, name: null, twice: 0 },
      { id: 2n, name: 'row 2', twice: 2 },
      { id: 4n, name: null, twice: 4 },
    ])
  })

  it('names the stage, the function and the row that it fails for', async () => {
    const work = await stages.open(functionBody('fails'), placement)
    await expect(stages.run(work, [numbered(0, 3)])).rejects.toMatchObject({
      code: 'VOLLEY_USER_FUNCTION',
      message: expect.stringMatching(
        /^stage 'tested': fails of .*functions\.js failed at row 2 of the batch: two is too many$/,
      ),
      details: { stage: 'tested', row: 2 },
    })
    await work.close()
  })

  it.each(['changing', 'widening'])('refuses an output that does not fit the first: %s', async (name) => {
    const work = await stages.open(functionBody(name), placement)
    await expect(stages.run(work, [numbered(0, 2), numbered(4, 7)])).rejects.toMatchObject({
      code: 'VOLLEY_BAD_RECORD',
      message: expect.stringMatching(/^stage 'tested': .* for row 1 of the batch that does not fit/),
    })
    await work.close()
  })

  it('leaves nothing behind', async () => {
    await stages.reopen()
    const before = stages.usedBytes
    for (const name of ['route', 'fails']) {
      const work = await stages.open(functionBody(name), placement)
      await stages.run(work, [numbered(0, 5), numbered(5, 10)]).catch(() => {})
      await work.close()
    }
    await stages.reopen()
    expect(stages.usedBytes).toBe(before)
  })
})
