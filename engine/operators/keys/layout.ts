/**
 * Where each key column lies in the 64-bit words of a group's key.
 *
 * Values of 64 bits have a word, wide decimals two; narrower values, the 32-bit numbers of strings and null flags share
 * words, so that most keys are a single one. A null value is zero with its flag set; a null string is 0xffffffff.
 */

import { type DataType, isNested, isVariableLength } from '../../../planner/types.js'
import { isWide, wordBits } from '../../kernels/vectors/words.js'

export type KeyField =
  /** Of type null: always null, and takes no room. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'word'; readonly at: Place; readonly bits: number; readonly nullFlag: Place | null }
  | { readonly kind: 'wide'; readonly word: number; readonly nullFlag: Place }
  /** The number of a string, of bytes, or of a nested value as bytes. */
  | { readonly kind: 'string'; readonly at: Place }

/** A bit of a key's words. */
export interface Place {
  readonly word: number
  readonly shift: number
}

export interface KeyLayout {
  readonly types: readonly DataType[]
  readonly fields: readonly KeyField[]
  readonly words: number
  /** True for a single key of 64 bits: its null is told apart by validity rather than by a flag. */
  readonly nullApart: boolean
}

export function keyLayout(types: readonly DataType[]): KeyLayout {
  const nullApart = types.length === 1 && !isWide(types[0]) && wordBits(types[0]) === 64
  const placer = new Placer()
  const fields = types.map((type): KeyField => {
    if (type.kind === 'null') return { kind: 'nothing' }
    if (isVariableLength(type) || isNested(type)) return { kind: 'string', at: placer.place(32) }
    if (isWide(type)) return { kind: 'wide', word: placer.takeWords(2), nullFlag: placer.place(1) }
    const bits = wordBits(type)
    if (nullApart) return { kind: 'word', at: placer.place(64), bits, nullFlag: null }
    if (bits === 64) return { kind: 'word', at: placer.place(64), bits, nullFlag: placer.place(1) }
    const at = placer.place(bits + 1)
    return { kind: 'word', at, bits, nullFlag: { word: at.word, shift: at.shift + bits } }
  })
  return { types, fields, words: placer.words, nullApart }
}

class Placer {
  words = 0
  /** Words with bits to spare, and how many are used. */
  private readonly open: { word: number; used: number }[] = []

  place(bits: number): Place {
    const found = this.open.find((candidate) => candidate.used + bits <= 64)
    if (found !== undefined) {
      found.used += bits
      return { word: found.word, shift: found.used - bits }
    }
    const word = this.takeWords(1)
    if (bits < 64) this.open.push({ word, used: bits })
    return { word, shift: 0 }
  }

  takeWords(count: number): number {
    this.words += count
    return this.words - count
  }
}
