import fc from 'fast-check'
import { instantiateKernels } from '../../../engine/kernels/context.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { readBit } from '../../../io/values.js'
import { describe, expect, it } from '../../support/jest.js'

const memory = SharedMemory.create(4 << 20)
const kernels = instantiateKernels(memory)
const { u8, i32 } = memory.views
const ROOM = 1 << 19
const source = memory.allocate(ROOM)
const out = memory.allocate(ROOM)
const offsets = memory.allocate(ROOM)
const codes = memory.allocate(ROOM)

/** Writes the values to `source` as runs and packed groups; returns the bytes. */
function encoded(values: Int32Array, width: number): number {
  i32.set(values, codes / 4)
  return kernels.page_write_codes(codes, values.length, width, source)
}

/** Values below 2^width, in runs and by themselves. */
const valuesOfWidth = (width: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 0, max: 2 ** width - 1 }), fc.boolean()), {
      maxLength: 20,
    })
    .map((runs) =>
      Int32Array.from(
        runs.flatMap(([length, value, varies]) =>
          Array.from({ length }, (_, i) => (varies ? (value * (i + 1)) % 2 ** width : value)),
        ),
      ),
    )

describe('page_codes', () => {
  it('decodes what page_write_codes writes, in every width', () => {
    const coded = fc.integer({ min: 1, max: 24 }).chain((width) => fc.tuple(fc.constant(width), valuesOfWidth(width)))
    fc.assert(
      fc.property(coded, ([width, values]) => {
        const largest = kernels.page_codes(source, encoded(values, width), width, values.length, out)
        expect(largest).toBe(values.reduce((most, value) => Math.max(most, value), 0))
        expect(i32.slice(out / 4, out / 4 + values.length)).toEqual(values)
      }),
    )
  })

  it('takes wide codes, no bits at all, and refuses what does not fit or ends too early', () => {
    const codes = (bytes: readonly number[], width: number, count: number) => {
      u8.set(bytes, source)
      return kernels.page_codes(source, bytes.length, width, count, out)
    }
    expect(codes([2, 255, 255, 255, 127], 32, 1)).toBe(0x7fffffff)
    expect(codes([2, 255, 255, 255, 255], 32, 1)).toBe(-1)
    expect(codes([20], 0, 10)).toBe(0)
    expect(codes([3, 0b00010110], 2, 5)).toBe(-1)
    // Bits that no value needs may be missing.
    expect(codes([3, 0b00010110], 2, 3)).toBe(2)
    expect([...i32.subarray(out / 4, out / 4 + 3)]).toEqual([2, 1, 1])
    expect(codes([], 3, 1)).toBe(-1)
    expect(codes([0, 1], 3, 1)).toBe(-1)
    expect(codes([4, 1], 3, 3)).toBe(-1)
    expect(codes([255, 255, 255, 255, 255, 255], 3, 3)).toBe(-1)
  })
})

describe('page_levels', () => {
  it('puts the levels of pages behind one another into a bitmap', () => {
    fc.assert(
      fc.property(fc.array(valuesOfWidth(1), { minLength: 1, maxLength: 4 }), (pages) => {
        u8.fill(0xff, out, out + 4096)
        let first = 0
        for (const levels of pages) {
          const ones = kernels.page_levels(source, encoded(levels, 1), levels.length, out, first)
          expect(ones).toBe(levels.reduce((sum, level) => sum + level, 0))
          first += levels.length
        }
        const bits = Array.from({ length: first }, (_, row) => (readBit(memory.views, out, row) ? 1 : 0))
        expect(bits).toEqual(pages.flatMap((levels) => [...levels]))
      }),
    )
  })

  it('refuses levels above 1 and too few of them', () => {
    u8.set([8, 2, 8, 1], source)
    expect(kernels.page_levels(source, 2, 4, out, 0)).toBe(-1)
    expect(kernels.page_levels(source + 2, 2, 4, out, 0)).toBe(4)
    expect(kernels.page_levels(source + 2, 2, 5, out, 0)).toBe(-1)
  })
})

describe('page_bytes', () => {
  it('refuses lengths that go beyond the page', () => {
    u8.set([2, 0, 0, 0, 65, 66, 1, 0, 0, 0, 67], source)
    expect(kernels.page_bytes_total(source, 11, 2)).toBe(3)
    expect(kernels.page_bytes_total(source, 11, 3)).toBe(-1)
    expect(kernels.page_bytes_total(source, 10, 2)).toBe(-1)
    u8.set([255, 255, 255, 255], source + 6)
    expect(kernels.page_bytes_total(source, 11, 2)).toBe(-1)
  })
})

describe('page_is_utf8', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true })

  function isUtf8(bytes: Uint8Array): boolean {
    try {
      decoder.decode(bytes)
      return true
    } catch {
      return false
    }
  }

  function judge(texts: readonly Uint8Array[]): boolean {
    let end = 0
    i32[offsets / 4] = 0
    for (const [index, text] of texts.entries()) {
      u8.set(text, out + end)
      end += text.length
      i32[offsets / 4 + index + 1] = end
    }
    return kernels.page_is_utf8(offsets, out, texts.length) === 1
  }

  it('says of every sequence of up to three bytes and of hostile ones of four what TextDecoder says', () => {
    const leads = [0x7f, 0x80, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff]
    const others = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
    for (const lead of leads) {
      for (const second of others) {
        for (const third of others) {
          for (const fourth of others) {
            for (let length = 1; length <= 4; length++) {
              const text = Uint8Array.of(lead, second, third, fourth).subarray(0, length)
              if (judge([text]) !== isUtf8(text)) throw new Error(`wrong about ${[...text]}`)
            }
          }
        }
      }
    }
  })

  it('judges each text for itself', () => {
    const texts = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
        fc.uint8Array({ maxLength: 3 }),
      ),
      { maxLength: 8 },
    )
    fc.assert(fc.property(texts, (values) => expect(judge(values)).toBe(values.every(isUtf8))))
    const [cake] = [new TextEncoder().encode('🎂')]
    expect(judge([cake.subarray(0, 2), cake.subarray(2)])).toBe(false)
  })
})
