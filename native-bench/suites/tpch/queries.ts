/** The queries of TPC-H, in their order. */

import { q01 } from './queries/q01.js'
import { q02 } from './queries/q02.js'
import { q03 } from './queries/q03.js'
import { q04 } from './queries/q04.js'
import { q05 } from './queries/q05.js'
import { q06 } from './queries/q06.js'
import { q07 } from './queries/q07.js'
import { q08 } from './queries/q08.js'
import { q09 } from './queries/q09.js'
import { q10 } from './queries/q10.js'
import { q11 } from './queries/q11.js'
import { q12 } from './queries/q12.js'
import { q13 } from './queries/q13.js'
import { q14 } from './queries/q14.js'
import { q15 } from './queries/q15.js'
import { q16 } from './queries/q16.js'
import { q17 } from './queries/q17.js'
import { q18 } from './queries/q18.js'
import { q19 } from './queries/q19.js'
import { q20 } from './queries/q20.js'
import { q21 } from './queries/q21.js'
import { q22 } from './queries/q22.js'
import type { TpchQuery } from './query.js'

export const QUERIES: readonly TpchQuery[] = [
  q01,
  q02,
  q03,
  q04,
  q05,
  q06,
  q07,
  q08,
  q09,
  q10,
  q11,
  q12,
  q13,
  q14,
  q15,
  q16,
  q17,
  q18,
  q19,
  q20,
  q21,
  q22,
]
