/**
 * Has V8 optimize later than it would, before the first test of a process. Tests open hundreds of engines whose threads
 * run the same code for less than a second each: optimizing it there takes longer than what is won.
 */

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--interrupt-budget=1000000')
setFlagsFromString('--wasm-tiering-budget=40000000')
