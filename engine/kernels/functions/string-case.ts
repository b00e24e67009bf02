/** lower, upper and reverse. */

import type { MemoryViews, Vector } from '../../../io/batch.js'
import { isValid, readText } from '../../../io/values.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { lower, lowerCodePoint, reverse, upper, upperCodePoint } from '../scalar/string-case.js'
import { byteRange, offsetsFor, shapeOf, stringResult, tooLong } from './string-operands.js'

type Case = 'lower' | 'upper'

/** First letter of those that change. */
const CHANGED: Record<Case, number> = { lower: 0x41, upper: 0x61 }

/** The text in lower or upper case, in scratch, with the validity of the argument. */
export function mapCase(context: KernelContext, to: Case, argument: Vector, length: number): Vector {
  const shape = shapeOf([argument], length)
  const { start, size } = byteRange(context, argument, shape.rows)
  const values = context.scratch(size)
  const ascii = context.wasm.ascii_swap_case(start, values, size, CHANGED[to]) === 1
  const offsets = ascii ? rebased(context, argument, shape.rows) : offsetsFor(context, shape.rows)
  const mapped = ascii ? values : new CaseMapper(context.memory, to).map(context, argument, offsets, shape.rows)
  return { ...stringResult(argument.type, shape, offsets, mapped), validity: argument.validity }
}

/** The argument's offsets for values that begin where its first row does. */
function rebased(context: KernelContext, argument: Vector, rows: number): number {
  if (context.memory.i32[argument.offsets / 4] === 0) return argument.offsets
  const offsets = offsetsFor(context, rows)
  context.wasm.string_rebase(argument.offsets, offsets, rows)
  return offsets
}

/** A mapping of code points, remembered in pages of 256 as they are first met. */
class CaseTable {
  private readonly pages: (Uint32Array | undefined)[] = []

  constructor(private readonly map: (code: number) => number) {}

  readonly get = (code: number): number => {
    const page = this.pages[code >> 8] ?? this.fillPage(code >> 8)
    return page[code & 255]
  }

  private fillPage(index: number): Uint32Array {
    const page = Uint32Array.from({ length: 256 }, (_, i) => this.map(index * 256 + i))
    this.pages[index] = page
    return page
  }
}

const TABLES: Record<Case, CaseTable> = { lower: new CaseTable(lowerCodePoint), upper: new CaseTable(upperCodePoint) }

/** Maps UTF-8 text character by character. Bytes that are no character, as null slots may have, are copied. */
class CaseMapper {
  private readonly u8: Uint8Array

  constructor(
    private readonly memory: MemoryViews,
    private readonly to: Case,
  ) {
    this.u8 = memory.u8
  }

  /** Returns the address of the values and fills in the offsets. */
  map(context: KernelContext, argument: Vector, offsets: number, rows: number): number {
    const { i32 } = this.memory
    const { size } = byteRange(context, argument, rows)
    // No character grows but from two bytes to three.
    const values = context.scratch(Math.ceil(size * 1.5))
    let out = values
    i32[offsets / 4] = 0
    for (let row = 0; row < rows; row++) {
      const at = argument.offsets / 4 + row
      out = this.mapText(argument.values + i32[at], argument.values + i32[at + 1], out)
      if (out - values > 0x7fffffff) throw tooLong(this.to, row)
      i32[offsets / 4 + row + 1] = out - values
    }
    return values
  }

  /** Writes at `out` and returns where it stopped. */
  private mapText(start: number, end: number, out: number): number {
    const { u8 } = this
    const table = TABLES[this.to]
    const first = CHANGED[this.to]
    let next = out
    for (let at = start; at < end; ) {
      const lead = u8[at]
      if (lead < 0x80) {
        u8[next++] = lead >= first && lead < first + 26 ? lead ^ 0x20 : lead
        at++
        continue
      }
      const size = sizeOf(lead)
      const code = size > 1 && at + size <= end ? this.decode(at, size) : NO_CODE
      const mapped = code < NO_CODE ? table.get(code) : code
      if (mapped !== code) next = this.encode(mapped, next)
      else for (let i = 0; i < size && at + i < end; i++) u8[next++] = u8[at + i]
      at += size
    }
    return next
  }

  private decode(at: number, size: number): number {
    let code = this.u8[at] & (0x7f >> size)
    for (let i = 1; i < size; i++) code = (code << 6) | (this.u8[at + i] & 0x3f)
    return code
  }

  private encode(code: number, out: number): number {
    const { u8 } = this
    let next = out
    if (code < 0x80) {
      u8[next++] = code
      return next
    }
    if (code < 0x800) u8[next++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x10000) u8[next++] = 0xe0 | (code >> 12)
      else {
        u8[next++] = 0xf0 | (code >> 18)
        u8[next++] = 0x80 | ((code >> 12) & 0x3f)
      }
      u8[next++] = 0x80 | ((code >> 6) & 0x3f)
    }
    u8[next++] = 0x80 | (code & 0x3f)
    return next
  }
}

/** Above all code points. */
const NO_CODE = 0x110000

/** Bytes of the character that starts with `lead`, a byte from 0x80 on. */
function sizeOf(lead: number): number {
  if (lead < 0xc0 || lead > 0xf4) return 1
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
}

function caseFunction(name: Case, reference: (value: string) => string): KernelFunction {
  return {
    name,
    canFail: false,
    evaluate: (context, [argument], _type, length) => mapCase(context, name, argument, length),
    reference: ([value]) => reference(value as string),
  }
}

const reverseFunction: KernelFunction = {
  name: 'reverse',
  canFail: false,
  evaluate(context, parameters, type, length) {
    const [argument] = parameters
    const shape = shapeOf(parameters, length)
    const { size } = byteRange(context, argument, shape.rows)
    const offsets = rebased(context, argument, shape.rows)
    const values = context.scratch(size)
    const base = values - context.memory.i32[argument.offsets / 4]
    const simple = context.wasm.string_reverse(argument.offsets, argument.values, base, shape.rows)
    const result = stringResult(type, shape, offsets, values)
    if (simple === 0) reverseClusters(context, argument, result, shape.rows)
    return result
  },
  reference: ([value]) => reverse(value as string),
}

/** Does the rows with characters of several code points again, with those kept together. */
function reverseClusters({ memory }: KernelContext, argument: Vector, result: Vector, rows: number): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(memory, argument, row)) continue
    const start = argument.values + memory.i32[argument.offsets / 4 + row]
    const end = argument.values + memory.i32[argument.offsets / 4 + row + 1]
    if (memory.u8.subarray(start, end).every((byte) => byte < 0x80)) continue
    const reversed = Buffer.from(reverse(readText(memory, start, end)))
    // Malformed text does not keep its size.
    if (reversed.length !== end - start) continue
    memory.u8.set(reversed, result.values + memory.i32[result.offsets / 4 + row])
  }
}

export const stringCaseFunctions: readonly KernelFunction[] = [
  caseFunction('lower', lower),
  caseFunction('upper', upper),
  reverseFunction,
]
