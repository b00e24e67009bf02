/** What decoding and encoding ask of the engine. */

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
    | 'page_count'
    | 'page_pack_32'
    | 'page_pack_64'
    | 'page_pack_bytes'
    | 'page_write_codes'
    | 'page_distinct_32'
    | 'page_distinct_64'
    | 'page_renumber'
    | 'page_extremes_i32'
    | 'page_extremes_u32'
    | 'page_extremes_i64'
    | 'page_extremes_u64'
    | 'page_extremes_f32'
    | 'page_extremes_f64'
    | 'page_extremes_bytes'
    | 'snappy_compress'
    | 'snappy_bound'
    | 'bitmap_count'
    | 'copy_bits'
    | 'take_32'
    | 'take_64',
    Kernel
  >
>

/** What kernels may read and write beyond the end of what they are given. */
export const KERNEL_SLACK = 64

/** Where row groups are decoded to, and encoded. */
export interface PageTarget extends DecodeTarget {
  readonly release: (address: number) => void
  /** The kernels of the thread, over the same memory. */
  readonly wasm: PageKernels
}
