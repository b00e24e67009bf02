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

  it('cuts earlier where rows are wide', () => {
    const batchOf = (length: number) => ({ schema: schemaOf([]), length, columns: [] })
    const assembler = new RowGroupAssembler(10, 100)
    const cut = (rows: number, rowBytes: number) =>
      assembler.push(batchOf(rows), rows * rowBytes).map((group) => group.map(({ length }) => length))
    expect(cut(4, 5)).toEqual([])
    expect(cut(5, 30)).toEqual([[4, 2], [3]])
    expect(cut(2, 500)).toEqual([[1], [1]])
    expect(cut(12, 1)).toEqual([[10]])
    expect(cut(1, 99)).toEqual([[2], [1]])
    expect(assembler.pendingRows).toBe(0)
  })
})
