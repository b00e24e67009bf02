/** Every work that a trial can be of, by name. */

import type { Work } from '../work.js'
import { LARGE_WORKS } from './out-of-core.js'
import { STRATEGY_WORKS } from './strategies.js'

export const WORKS: readonly Work[] = [...LARGE_WORKS, ...STRATEGY_WORKS]
