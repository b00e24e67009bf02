/** Chooses the strategy a plan is run with. */

import type { StrategyName } from '../../planner/run-options.js'
import { checkStrategy } from '../options.js'

export interface Choice {
  readonly name: 'bulk'
  readonly reason: string
}

/** `asked` is what the run or else the engine was given. Throws VOLLEY_UNSUPPORTED for one that cannot run. */
export function chooseStrategy(asked: StrategyName): Choice {
  return checkStrategy(asked) === 'bulk'
    ? { name: 'bulk', reason: 'asked for' }
    : { name: 'bulk', reason: 'the input is bounded and is processed in memory' }
}
