/** Every suite, in the order of the report. */

import type { Suite } from '../contest.js'
import { jsFunction, jsFunctionMemory } from './js-function.js'
import { q1 } from './q1.js'
import { q3 } from './q3.js'
import { q6, q6Memory } from './q6.js'
import { transformAll, transformFive } from './transform.js'

export const SUITES: readonly Suite[] = [
  q6,
  q1,
  q3,
  transformAll,
  transformFive,
  jsFunction,
  q6Memory,
  jsFunctionMemory,
]
