import fc from 'fast-check'
import { compressors } from 'hyparquet-compressors'
import { instantiateKernels } from '../../../engine/kernels/context.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { describe, expect, it } from '../../support/jest.js'

const memory = SharedMemory.create(4 << 20)
const kernels = instantiateKernels(memory)
const { u8 } = memory.views
const ROOM = 1 << 20
const SLACK = 64
const source = memory.allocate(ROOM)
const out = memory.allocate(ROOM)
const UNTOUCHED = 0xa5

/** Decompresses, and checks that nothing outside of the output and the slack behind it was written. */
function decompress(bytes: Uint8Array, length: number): Uint8Array | null {
  u8.fill(UNTOUCHED, out, out + length + 2 * SLACK)
  const before = u8[out - 1]
  u8.set(bytes, source)
  const isWhole = kernels.snappy_decompress(source, bytes.length, out, length)
  expect(u8[out - 1]).toBe(before)
  expect(u8.subarray(out + length + SLACK, out + length + 2 * SLACK).every((byte) => byte === UNTOUCHED)).toBe(true)
  return isWhole ? u8.slice(out, out + length) : null
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

type Element = { literal: Uint8Array; lengthBytes: number } | { length: number; distance: number; kind: number }

const elements: fc.Arbitrary<Element[]> = fc.array(
  fc.oneof(
    fc.record({
      literal: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      lengthBytes: fc.integer({ min: 0, max: 4 }),
    }),
    fc.record({
      length: fc.integer({ min: 1, max: 64 }),
      distance: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5000 })),
      kind: fc.integer({ min: 1, max: 3 }),
    }),
  ),
  { maxLength: 60 },
)

/** The stream of the elements that are possible where they stand, and what it stands for. */
function streamOf(wanted: readonly Element[]): { stream: Uint8Array; plain: Uint8Array } {
  const body: number[] = []
  const plain: number[] = []
  for (const element of wanted) {
    if ('literal' in element) {
      const last = element.literal.length - 1
      const width = Math.max(element.lengthBytes, last < 60 ? 0 : last < 256 ? 1 : 2)
      body.push((width === 0 ? last : 59 + width) << 2)
      for (let i = 0; i < width; i++) body.push((last >>> (8 * i)) & 255)
      body.push(...element.literal)
      plain.push(...element.literal)
    } else if (element.distance <= plain.length) {
      const { distance, kind } = element
      const isShort = kind === 1 && distance < 2048
      const length = isShort ? 4 + (element.length % 8) : element.length
      if (isShort) body.push(1 | ((length - 4) << 2) | ((distance >> 8) << 5), distance & 255)
      else {
        const width = kind === 3 ? 4 : 2
        body.push((kind === 3 ? 3 : 2) | ((length - 1) << 2))
        for (let i = 0; i < width; i++) body.push((distance >>> (8 * i)) & 255)
      }
      for (let i = 0; i < length; i++) plain.push(plain[plain.length - distance])
    }
  }
  return { stream: Uint8Array.from([...varint(plain.length), ...body]), plain: Uint8Array.from(plain) }
}

describe('snappy_decompress', () => {
  it('gives what any elements stand for', () => {
    fc.assert(
      fc.property(elements, (wanted) => {
        const { stream, plain } = streamOf(wanted)
        expect(decompress(stream, plain.length)).toEqual(plain)
      }),
      { numRuns: 300 },
    )
  })

  it('agrees with another decoder', () => {
    fc.assert(
      fc.property(elements, (wanted) => {
        const { stream, plain } = streamOf(wanted)
        expect(compressors.SNAPPY?.(stream, plain.length)).toEqual(decompress(stream, plain.length))
      }),
    )
  })

  it('refuses a stream that is cut, gives another length, or copies from before its start', () => {
    const { stream, plain } = streamOf([
      { literal: Uint8Array.from({ length: 100 }, (_, i) => i), lengthBytes: 1 },
      { length: 40, distance: 7, kind: 2 },
    ])
    for (let length = 0; length < stream.length; length++) {
      expect(decompress(stream.subarray(0, length), plain.length)).toBeNull()
    }
    expect(decompress(stream, plain.length - 1)).toBeNull()
    expect(decompress(stream, plain.length + 1)).toBeNull()
    expect(decompress(Uint8Array.of(4, 1, 1), 4)).toBeNull()
    expect(decompress(Uint8Array.of(5, 0, 9, 1, 2), 5)).toBeNull()
    expect(decompress(Uint8Array.of(5, 0, 9, 1, 0), 5)).toBeNull()
  })

  it('writes nowhere else, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        elements,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        (wanted, changes) => {
          const { stream, plain } = streamOf(wanted)
          for (const [at, byte] of changes) stream[at % stream.length] = byte
          decompress(stream, plain.length)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('snappy_compress', () => {
  const table = memory.allocate(2 ** 15)

  function compress(plain: Uint8Array): Uint8Array {
    u8.set(plain, source)
    const bound = kernels.snappy_bound(plain.length)
    u8.fill(UNTOUCHED, out + bound, out + bound + SLACK)
    const bytes = kernels.snappy_compress(source, plain.length, out, table)
    expect(u8.subarray(out + bound, out + bound + SLACK).every((byte) => byte === UNTOUCHED)).toBe(true)
    return u8.slice(out, out + bytes)
  }

  function expectRoundTrip(plain: Uint8Array): void {
    const compressed = compress(plain)
    expect(compressors.SNAPPY?.(compressed, plain.length)).toEqual(plain)
    expect(decompress(compressed, plain.length)).toEqual(plain)
  }

  it('is undone by this and another decoder, for texts that repeat and bytes that do not', () => {
    fc.assert(fc.property(elements, (wanted) => expectRoundTrip(streamOf(wanted).plain)))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000, max: 3 }), expectRoundTrip))
  })

  it('goes over the borders of its blocks', () => {
    for (const length of [65_535, 65_536, 65_537, 65_551, 200_000]) {
      expectRoundTrip(new Uint8Array(length))
      expectRoundTrip(Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761) >>> 24))
      expectRoundTrip(Uint8Array.from({ length }, (_, i) => (i % 1000) * (i % 7)))
    }
  })

  it('makes repetitions short, and what does not repeat hardly longer', () => {
    expect(compress(new Uint8Array(100_000)).length).toBeLessThan(5000)
    const random = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> ((i * 7) % 24))
    expect(compress(random).length).toBeLessThan(101_000)
  })
})
