/** All functions of text. Comparisons of text are in `string-compare.ts`, which `comparison.ts` calls. */

import { vector } from '../../../io/batch.js'
import type { KernelFunction } from '../kernel.js'
import { byteLength, length as characterLength } from '../scalar/string.js'
import { plain } from '../vectors.js'
import { stringBuildFunctions } from './string-build.js'
import { stringCaseFunctions } from './string-case.js'
import { stringLikeFunctions } from './string-like.js'
import { isAscii, shapeOf } from './string-operands.js'
import { stringSearchFunctions } from './string-search.js'
import { stringSliceFunctions } from './string-slice.js'

function lengthFunction(
  name: 'length' | 'byteLength',
  reference: (value: string | Uint8Array) => bigint,
): KernelFunction {
  return {
    name,
    canFail: false,
    evaluate(context, parameters, type, length) {
      const [argument] = parameters
      const { rows, constant } = shapeOf(parameters, length)
      const values = context.scratch(rows * 8)
      const bytes = name === 'byteLength' || isAscii(context, argument, rows) ? 1 : 0
      context.wasm.string_length(argument.offsets, argument.values, bytes, values, rows)
      return vector(type, length, { values, constant })
    },
    reference: ([value]) => reference(value as string | Uint8Array),
  }
}

/** Decodes dictionaries before the kernel sees them; the evaluator already ran it on the dictionary where that pays. */
function decoding(called: KernelFunction): KernelFunction {
  return {
    ...called,
    evaluate: (context, parameters, type, length) => {
      const decoded = parameters.map((parameter) => plain(context, parameter))
      return called.evaluate(context, decoded, type, length)
    },
  }
}

const functions: readonly KernelFunction[] = [
  lengthFunction('length', (value) => characterLength(value as string)),
  lengthFunction('byteLength', byteLength),
  ...stringCaseFunctions,
  ...stringSliceFunctions,
  ...stringSearchFunctions,
  ...stringLikeFunctions,
  ...stringBuildFunctions,
]

export const stringFunctions: readonly KernelFunction[] = functions.map(decoding)
