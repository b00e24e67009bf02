/**
 * The Parquet codec: parquet-wasm, loaded when first needed, one instance a thread, replaced when it can no longer be
 * trusted. A panic leaves an instance in an unknown state; its memory, once grown, never shrinks.
 */

import { createRequire } from 'node:module'
import type * as ParquetWasm from 'parquet-wasm/node'

export type Codec = typeof ParquetWasm

const MODULE = 'parquet-wasm/node'

/** How much memory the codec of a thread may take, since it never gives any back. */
export interface CodecLimits {
  /** Uncompressed bytes that are decoded at a time, at least a column. */
  readonly decodeBytes: number
  /** An instance whose memory has grown beyond this is dropped after use, so that the memory can be collected. */
  readonly idleBytes: number
}

export const DEFAULT_CODEC_LIMITS: CodecLimits = { decodeBytes: 192 * 2 ** 20, idleBytes: 512 * 2 ** 20 }

const require = createRequire(import.meta.url)
let instance: Codec | null = null
let limits = DEFAULT_CODEC_LIMITS

/** Calls `work` with the codec. What `work` makes of it (tables, addresses) does not outlive the call. */
export function withCodec<T>(work: (codec: Codec) => T): T {
  instance ??= require(MODULE) as Codec
  try {
    return work(instance)
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) discardInstance()
    throw error
  } finally {
    if (instance !== null && instance.wasmMemory().buffer.byteLength > limits.idleBytes) discardInstance()
  }
}

/** Sets the limits of this thread. */
export function limitCodec(to: CodecLimits): void {
  limits = to
}

/** The limits of this thread. */
export function codecLimits(): CodecLimits {
  return limits
}

/** Bytes of memory that this thread's codec has; 0 before it was loaded. */
export function codecBytes(): number {
  return instance?.wasmMemory().buffer.byteLength ?? 0
}

function discardInstance(): void {
  instance = null
  // The module compiles and instantiates itself when loaded: without its cache entry, loading gives a fresh one. Who
  // loaded it lists it, too, and would keep its memory.
  const path = require.resolve(MODULE)
  const loaded = require.cache[path]
  const siblings = loaded?.parent?.children
  if (loaded !== undefined && siblings !== undefined) siblings.splice(siblings.indexOf(loaded), 1)
  delete require.cache[path]
}
