/** Every suite, in the order of the report. */

import { raceSuite } from '../races/race-suite.js'
import type { Suite } from '../suite.js'
import { counts } from './counts.js'
import { outOfCore } from './out-of-core.js'
import { pipeline } from './pipeline.js'
import { RACE_SUITES } from './races.js'
import { scaling } from './scaling.js'
import { startup } from './startup.js'
import { strategies } from './strategies.js'

export const SUITES: readonly Suite[] = [
  ...RACE_SUITES.map(raceSuite),
  strategies,
  outOfCore,
  pipeline,
  startup,
  scaling,
  counts,
]
