import { decompressLz4Frame } from '../../../io/ipc/lz4.js'
import { describe, expect, it } from '../../support/jest.js'

/** A frame of blocks: bytes as they are, or a compressed block. */
function frame(blocks: readonly (Uint8Array | { readonly packed: readonly number[] })[], flags = 0x40): Uint8Array {
  const parts: Buffer[] = [Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0])]
  for (const block of blocks) {
    const bytes = block instanceof Uint8Array ? block : Uint8Array.from(block.packed)
    const size = Buffer.alloc(4)
    size.writeUInt32LE(block instanceof Uint8Array ? (bytes.length | 0x80000000) >>> 0 : bytes.length)
    parts.push(size, Buffer.from(bytes), Buffer.alloc(flags & 0x10 ? 4 : 0))
  }
  return Buffer.concat([...parts, Buffer.alloc(4)])
}

function unpack(source: Uint8Array, length: number): string {
  const output = new Uint8Array(length)
  decompressLz4Frame(source, output)
  return Buffer.from(output).toString('latin1')
}

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]

describe('LZ4 frames', () => {
  it('are unpacked: literals, matches near and far, overlapping ones, blocks that refer to earlier ones', () => {
    expect(unpack(frame([Buffer.from('stored')]), 6)).toBe('stored')
    // "abcd", then 4 bytes from 4 back, then "x" as the last literals.
    expect(unpack(frame([{ packed: [0x40, ...ascii('abcd'), 4, 0, 0x10, ...ascii('x')] }]), 9)).toBe('abcdabcdx')
    // One literal repeated 4 + 15 + 3 times: a length that takes another byte.
    expect(unpack(frame([{ packed: [0x1f, ...ascii('z'), 1, 0, 3, 0x00] }]), 23)).toBe('z'.repeat(23))
    const text = 'q'.repeat(300)
    expect(unpack(frame([{ packed: [0xf0, 255, 30, ...ascii(text)] }]), 300)).toBe(text)
    expect(unpack(frame([Buffer.from('wxyz'), { packed: [0x00, 4, 0] }], 0x50), 8)).toBe('wxyzwxyz')
  })

  it('are refused when damaged', () => {
    expect(() => unpack(Buffer.from('no frame'), 1)).toThrow('not an LZ4 frame')
    expect(() => unpack(frame([Buffer.from('abc')]), 4)).toThrow('3 bytes instead of 4')
    expect(() => unpack(frame([{ packed: [0x10, 97, 9, 0] }]), 20)).toThrow('match out of bounds')
    expect(() => unpack(frame([{ packed: [0x50, 97] }]), 20)).toThrow('literals out of bounds')
    expect(() => unpack(frame([Buffer.from('abc')]).subarray(0, 12), 3)).toThrow()
  })
})
