/** The suites of races, in the order of the report. */

import type { RaceSuite } from '../races/race.js'
import { functions } from './functions/suite.js'
import { groupby } from './groupby.js'
import { join } from './join.js'
import { scan } from './scan.js'
import { tpch } from './tpch/suite.js'
import { transform } from './transform/suite.js'

export const RACE_SUITES: readonly RaceSuite[] = [scan, transform, groupby, join, tpch, functions]
