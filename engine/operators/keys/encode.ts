import type { Vector } from '../../../io/batch.js'
import { orderedWords } from '../../kernels/vectors/words.js'
import { expand } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { KeyField, KeyLayout } from './layout.js'

/** Key words of rows, one after the other at an address; `validity` tells null keys apart where the layout asks for it. */
export interface KeyRows {
  readonly words: number
  readonly validity: number
}

/** Writes to scratch the 32-bit number, at an address, that stands for each string (or nested value) of key `index`. */
export type NumberStrings = (index: number, key: Vector) => number

/** The key words of `length` rows, in scratch or, for a single key that has the right form, in its own values. */
export function encodeKeys(
  context: OperatorContext,
  layout: KeyLayout,
  keys: readonly Vector[],
  length: number,
  numberStrings: NumberStrings,
): KeyRows {
  if (layout.nullApart) {
    const key = expand(context, keys[0])
    return { words: orderedWords(context, key), validity: key.validity }
  }
  const stride = layout.words * 8
  const words = context.scratch(length * stride)
  context.memory.u8.fill(0, words, words + length * stride)
  layout.fields.forEach((field, i) => {
    const key = expand(context, keys[i])
    if (field.kind !== 'string') encodeField(context, field, key, length, words, stride)
    else {
      const { word, shift } = field.at
      context.wasm.group_pack_32(numberStrings(i, key), length, words + word * 8, stride, shift)
    }
  })
  return { words, validity: 0 }
}

function encodeField(
  context: OperatorContext,
  field: Exclude<KeyField, { kind: 'string' }>,
  key: Vector,
  length: number,
  words: number,
  stride: number,
): void {
  const { wasm } = context
  if (field.kind === 'nothing') return
  const values = orderedWords(context, key)
  if (field.kind === 'wide') wasm.group_pack_wide(values, key.validity, length, words + field.word * 8, stride)
  else {
    const out = words + field.at.word * 8
    wasm.group_pack(values, key.validity, length, out, stride, field.at.shift, field.bits)
  }
  const flag = field.nullFlag
  if (key.validity !== 0 && flag !== null) {
    wasm.group_pack_null(key.validity, length, words + flag.word * 8, stride, flag.shift)
  }
}
