import { Scratch } from '../../../engine/memory/scratch.js'
import { expect, it } from '../../support/jest.js'

/** A scratch over blocks that are only counted. */
function counted(memoryBytes: number) {
  const blocks = new Map<number, number>()
  let end = 64
  const allocate = (bytes: number): number => {
    const address = end
    end += bytes
    blocks.set(address, bytes)
    return address
  }
  const scratch = new Scratch(allocate, (address) => blocks.delete(address), memoryBytes)
  return { scratch, blocks, held: () => [...blocks.values()].reduce((sum, bytes) => sum + bytes, 0) }
}

it('takes little more of a small memory than is asked for', () => {
  const { scratch, held } = counted(96 << 20)
  for (let asked = 0; asked < 10 << 20; asked += 1 << 18) scratch.allocate(1 << 18)
  expect(held()).toBeLessThan(13 << 20)
})

it('takes few, large blocks of a large one', () => {
  const { scratch, blocks } = counted(2 ** 32)
  for (let asked = 0; asked < 100 << 20; asked += 1 << 18) scratch.allocate(1 << 18)
  expect(blocks.size).toBeLessThan(10)
})

it('keeps what slices take as a rule, and gives back what a large one took', () => {
  const { scratch, held } = counted(96 << 20)
  scratch.allocate(3 << 20)
  scratch.reset()
  expect(held()).toBe(3 << 20)
  scratch.allocate(3 << 20)
  scratch.allocate(6 << 20)
  scratch.reset()
  expect(held()).toBe(0)
})

it('hands out the same place again after a mark', () => {
  const { scratch } = counted(96 << 20)
  scratch.allocate(100)
  const mark = scratch.mark()
  const place = scratch.allocate(4 << 20)
  scratch.rewind(mark)
  expect(scratch.allocate(4 << 20)).toBe(place)
})
