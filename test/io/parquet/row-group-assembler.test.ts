import fc from 'fast-check'
import { RowGroupAssembler } from '../../../io/parquet/row-group-assembler.js'
import { schemaOf } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'

describe('RowGroupAssembler', () => {
  it('cuts any batches into row groups of the exact size, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 1, max: 40 }), (lengths, size) => {
        const assembler = new RowGroupAssembler(size)
        const batches = lengths.map((length) => ({ schema: schemaOf([]), length, columns: [] }))
        const groups = batches.flatMap((batch) => assembler.push(batch))
        const rest = assembler.finish()
        const total = lengths.reduce((sum, length) => sum + length, 0)
        const rowsOf = (group: readonly { length: number }[]) => group.reduce((sum, slice) => sum + slice.length, 0)
        expect(groups.map(rowsOf)).toEqual(groups.map(() => size))
        expect(rest === null ? 0 : rowsOf(rest)).toBe(total % size)
        const slices = [...groups, rest ?? []].flat()
        for (const batch of batches) {
          let row = 0
          for (const slice of slices.filter((own) => own.batch === batch)) {
            expect(slice.start).toBe(row)
            row += slice.length
          }
          expect(row).toBe(batch.length)
        }
      }),
      { seed: 1 },
    )
  })
})
