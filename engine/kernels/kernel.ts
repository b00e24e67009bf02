/** What a vectorized function is to the engine: a kernel over shared memory and its scalar reference. */

import type { MemoryViews, Vector } from '../../io/batch.js'
import type { BlockSharing } from '../../io/block-sharing.js'
import type { PageKernels } from '../../io/parquet/page-kernels.js'
import type { ScalarValue } from '../../planner/expression.js'
import type { DataType } from '../../planner/types.js'

export type WasmFunction = (...parameters: number[]) => number
export type KernelExports = Readonly<Record<string, WasmFunction>> & PageKernels

/** Everything a kernel may touch. One per thread. */
export interface KernelContext {
  readonly memory: MemoryViews
  /** The exports of kernels.wasm, over the same memory. */
  readonly wasm: KernelExports
  /**
   * Scratch that lives until the current slice is done: `bytes` rounded up to 64, 64-byte aligned, not cleared.
   * Kernels may read, never write, past the end of a buffer up to the next 64-byte boundary.
   */
  readonly scratch: (bytes: number) => number
}

/** A context that can also hold on to blocks. */
export type RetainingContext = KernelContext & Pick<BlockSharing, 'retain'>

export interface KernelFunction {
  /** A canonical name of `planner/functions.ts`. */
  readonly name: string
  /**
   * Computes `length` rows into scratch. Arguments have the types the signature promises; each is plain, constant or
   * (strings only) dictionary encoded; `plain()` and `expand()` in `vectors.ts` bring one to plain form. The result
   * may be constant or share buffers with arguments. Throws `RowError` for the first valid row that fails.
   */
  readonly evaluate: (context: KernelContext, parameters: readonly Vector[], type: DataType, length: number) => Vector
  /** The same for one row, in plain TypeScript: the definition of what the kernel computes. Throws `RowError` too. */
  readonly reference: (parameters: readonly ScalarValue[], types: readonly DataType[], type: DataType) => ScalarValue
  /** True if some non-null input can throw: branches of a conditional are then computed on their own rows only. */
  readonly canFail: boolean
  /** False if a null argument does not make the result null (`coalesce`, `and`, `isNull`, ...). Default true. */
  readonly nullPropagating?: boolean
}

/** A value that a function cannot take. The evaluator adds the expression, the file and the row of the input. */
export class RowError extends Error {
  override readonly name = 'RowError'

  constructor(
    readonly code: 'VOLLEY_OVERFLOW' | 'VOLLEY_CAST' | 'VOLLEY_INVALID_UTF8' | 'VOLLEY_INVALID_ARGUMENT',
    message: string,
    /** Row within the evaluated slice; -1 where a reference is called for one row. */
    readonly row: number,
  ) {
    super(message)
  }
}
