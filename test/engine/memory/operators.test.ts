import { OPERATOR_SLOTS, OperatorSlots, OTHER, RESULTS, SCRATCH } from '../../../engine/memory/operator-slots.js'
import { ENGINE, SharedMemory } from '../../../engine/memory/shared-memory.js'
import { expect, it } from '../../support/jest.js'

const UNIT = 64
const RUN = 7

function small(): { memory: SharedMemory; slots: OperatorSlots } {
  const memory = SharedMemory.create(1 << 20)
  return { memory, slots: new OperatorSlots(memory) }
}

it('counts blocks, headers included, for the operator that they were allocated for', () => {
  const { memory, slots } = small()
  const [sort, join] = [slots.claim('sort'), slots.claim('join build', { keys: ['a'] })]
  const first = memory.allocateFor(RUN, sort)(1000)
  memory.allocateFor(RUN, sort)(64)
  memory.allocateFor(RUN, join)(6400)
  expect(slots.use(sort)).toEqual({ label: 'sort', bytes: (17 + 2) * UNIT, peakBytes: (17 + 2) * UNIT })
  expect(slots.use(join)).toMatchObject({ label: 'join build', bytes: 101 * UNIT, detail: { keys: ['a'] } })
  memory.release(first)
  expect(slots.use(sort)).toEqual({ label: 'sort', bytes: 2 * UNIT, peakBytes: (17 + 2) * UNIT })
  expect(slots.breakdown()).toEqual([
    { label: 'join build', bytes: 101 * UNIT },
    { label: 'sort', bytes: 2 * UNIT },
  ])
  memory.releaseOwner(RUN)
  expect(slots.breakdown()).toEqual([])
})

it('counts what is kept beyond its run as a result, and scratch for itself', () => {
  const { memory, slots } = small()
  const sort = slots.claim('sort')
  const block = memory.allocateFor(RUN, sort)(100)
  memory.allocateFor(-3, SCRATCH)(100)
  memory.keep(block)
  expect(memory.operatorBytes(sort)).toBe(0)
  expect(memory.operatorBytes(RESULTS)).toBe(3 * UNIT)
  expect(slots.breakdown().map(({ label }) => label)).toEqual(['scratch of threads', 'results in use'])
  memory.release(block)
  expect(memory.operatorBytes(RESULTS)).toBe(0)
})

it('leaves the blocks of tables with the tables when they become results', () => {
  const { memory, slots } = small()
  const block = memory.allocate(100)
  memory.keep(block)
  expect(slots.breakdown()).toEqual([{ label: 'tables in memory', bytes: 3 * UNIT }])
})

it('sees what other threads allocate', () => {
  const { memory, slots } = small()
  const sort = slots.claim('sort')
  const other = SharedMemory.attach(memory.memory)
  const block = other.allocateFor(RUN, sort)(100)
  expect(memory.operatorBytes(sort)).toBe(3 * UNIT)
  memory.release(block)
  expect(other.operatorBytes(sort)).toBe(0)
})

it('gives slots to others once they are released, with a new peak, and never runs out', () => {
  const { memory, slots } = small()
  const first = slots.claim('sort')
  memory.release(memory.allocateFor(RUN, first)(1000))
  slots.release(first)
  expect(slots.claim('window')).toBe(first)
  expect(slots.use(first)).toEqual({ label: 'window', bytes: 0, peakBytes: 0 })
  const claimed = Array.from({ length: OPERATOR_SLOTS }, (_, i) => slots.claim(`sort ${i}`))
  expect(new Set(claimed).size).toBeGreaterThan(OPERATOR_SLOTS - 10)
  expect(slots.labelOf(claimed.at(-1) as number)).toBe('other')
  slots.release(OTHER)
  expect(slots.labelOf(OTHER)).toBe('other')
})

it('knows how far up the memory was ever used', () => {
  const { memory } = small()
  const { touchedBytes } = memory.statistics()
  const blocks = [memory.allocateFor(ENGINE)(10_000), memory.allocateFor(ENGINE)(10_000)]
  expect(memory.statistics().touchedBytes).toBeGreaterThan(touchedBytes + 20_000)
  const peak = memory.statistics().touchedBytes
  for (const block of blocks) memory.release(block)
  memory.release(memory.allocateFor(ENGINE)(10_000))
  expect(memory.statistics().touchedBytes).toBe(peak)
})

it('sums up what the codecs of threads take', () => {
  const { memory } = small()
  memory.setCodecBytes(3, 10 * 65_536)
  SharedMemory.attach(memory.memory).setCodecBytes(4, 65_537)
  expect(memory.codecBytes()).toBe(12 * 65_536)
  memory.setCodecBytes(3, 0)
  expect(memory.codecBytes()).toBe(2 * 65_536)
})
