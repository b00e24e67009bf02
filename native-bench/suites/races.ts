/** The suites of races, in the order of the report. */

import type { RaceSuite } from '../races/race.js'
import { scan } from './scan.js'
import { tpch } from './tpch/suite.js'

export const RACE_SUITES: readonly RaceSuite[] = [scan, tpch]
