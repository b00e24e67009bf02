/**
 * Makes engines start with less work in processes of tests, which open hundreds of them, whose threads live for less than
 * a second each.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'

// V8 optimizes later than it would: in such threads, that takes longer than what is won.
setFlagsFromString('--interrupt-budget=1000000')
setFlagsFromString('--wasm-tiering-budget=40000000')

/** V8 does not compile again, in whatever thread, what the process still has. */
export const CODEC = new WebAssembly.Module(
  readFileSync(
    createRequire(import.meta.url)
      .resolve('parquet-wasm/node')
      .replace(/\.js$/, '_bg.wasm'),
  ),
)
