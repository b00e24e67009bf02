/** The smallest and largest values of a column chunk, for its statistics. */

import { type DataType, valueWidth } from '../../../planner/types.js'
import { thriftField } from '../metadata.js'
import type { PageKernels, PageTarget } from '../page-kernels.js'
import type { Temporary } from '../temporary.js'
import { type ThriftStruct, ThriftType } from '../thrift.js'

/** Longer texts help no reader, but make the footer long. */
const LONGEST_BOUND = 64
/** Two values of 8 bytes, and how many were seen. */
const STATE_BYTES = 24

export class Bounds {
  private readonly state: number
  private least: Uint8Array | null = null
  private most: Uint8Array | null = null

  constructor(
    private readonly target: PageTarget,
    temporary: Temporary,
    private readonly type: DataType,
  ) {
    this.state = temporary.allocate(STATE_BYTES)
    target.memory.u8.fill(0, this.state, this.state + STATE_BYTES)
  }

  /** Takes `count` plain values in, as pages have them, from `address` on. */
  add(address: number, count: number): void {
    if (count === 0) return
    const { wasm, memory } = this.target
    const kernel = extremesOf(this.type)
    if (kernel !== null) {
      wasm[kernel](address, count, this.state)
      return
    }
    wasm.page_extremes_bytes(address, count, this.state)
    const [least, most] = [0, 1].map((i) => this.textAt(address + memory.u32[this.state / 4 + i]))
    if (this.least === null || Buffer.compare(least, this.least) < 0) this.least = least
    if (this.most === null || Buffer.compare(most, this.most) > 0) this.most = most
  }

  /** Thrift's Statistics of a chunk with so many nulls; without bounds if there are none or if they are too long. */
  statistics(nulls: number): ThriftStruct {
    const tree: ThriftStruct = new Map([[3, thriftField.i64(nulls)]])
    const [least, most] = extremesOf(this.type) === null ? [this.least, this.most] : this.numbers()
    if (least === null || most === null || least.length > LONGEST_BOUND || most.length > LONGEST_BOUND) return tree
    tree.set(5, { type: ThriftType.BINARY, value: most })
    tree.set(6, { type: ThriftType.BINARY, value: least })
    tree.set(7, thriftField.flag(true))
    tree.set(8, thriftField.flag(true))
    return tree
  }

  private numbers(): [Uint8Array | null, Uint8Array | null] {
    const { u8, i32 } = this.target.memory
    if (i32[this.state / 4 + 4] === 0) return [null, null]
    const width = valueWidth(this.type)
    const [least, most] = [this.state, this.state + 8].map((at) => u8.slice(at, at + width))
    if (this.type.kind === 'float') {
      // Readers cannot know whether the other zero occurs.
      if (least.every(isZeroOrSign)) least[width - 1] = 0x80
      if (most.every(isZeroOrSign)) most[width - 1] = 0
    }
    return [least, most]
  }

  private textAt(address: number): Uint8Array {
    const { memory } = this.target
    const length = new DataView(memory.buffer, address, 4).getUint32(0, true)
    return memory.u8.slice(address + 4, address + 4 + length)
  }
}

/** True of all bytes of a floating-point number that is 0 or -0. */
function isZeroOrSign(byte: number, index: number, bytes: Uint8Array): boolean {
  return byte === 0 || (byte === 0x80 && index === bytes.length - 1)
}

/** The kernel for numbers; null for texts. */
function extremesOf(type: DataType): keyof PageKernels | null {
  if (type.kind === 'utf8' || type.kind === 'binary') return null
  const is32 = valueWidth(type) === 4
  if (type.kind === 'float') return is32 ? 'page_extremes_f32' : 'page_extremes_f64'
  if (type.kind === 'int' && !type.signed) return is32 ? 'page_extremes_u32' : 'page_extremes_u64'
  return is32 ? 'page_extremes_i32' : 'page_extremes_i64'
}
