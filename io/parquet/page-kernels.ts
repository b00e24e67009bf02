/** What decoding asks of the engine. */

import type { DecodeTarget } from '../source.js'

type Kernel = (...parameters: number[]) => number

/** Over addresses in the shared memory, and counts; their source tells what they do. */
export type PageKernels = Readonly<
  Record<
    | 'snappy_decompress'
    | 'page_levels'
    | 'page_codes'
    | 'page_spread_32'
    | 'page_spread_64'
    | 'page_spread_bits'
    | 'page_widen'
    | 'page_bytes_total'
    | 'page_bytes'
    | 'page_is_utf8'
    | 'bytes_copy'
    | 'take_32'
    | 'take_64',
    Kernel
  >
>

/** What kernels may read and write beyond the end of what they are given. */
export const KERNEL_SLACK = 64

/** Where row groups are decoded to. */
export interface PageTarget extends DecodeTarget {
  readonly release: (address: number) => void
  /** The kernels of the thread, over the same memory. */
  readonly wasm: PageKernels
}
