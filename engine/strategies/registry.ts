/** The strategies that runs may ask for: volley's own, and those of the user. */

import { checkChoice, checkName, invalid, show } from '../../planner/arguments.js'
import type { AnyStrategyName, StrategyName } from '../../planner/run-options.js'
import { builtInStrategies } from './component/built-in.js'
import type { ExecutionStrategy } from './strategy.js'

const RESERVED: readonly StrategyName[] = ['auto', 'row', 'bulk', 'bigdata']

/** What was asked for: how the operators of a plan run, and who drives its components if not that strategy itself. */
export interface Asked {
  readonly operators: StrategyName
  readonly driver: ExecutionStrategy | null
}

export class StrategyRegistry {
  private readonly registered = new Map<string, ExecutionStrategy>()

  names(): readonly string[] {
    return [...RESERVED, ...this.registered.keys()]
  }

  /** @throws VolleyError VOLLEY_INVALID_ARGUMENT for what is no strategy, and for a name that is taken. */
  register(strategy: ExecutionStrategy): void {
    const { name } = checkStrategyObject(strategy)
    if (isReserved(name)) throw invalid(`a strategy of your own cannot be called '${name}': that is one of volley's`)
    if (this.registered.has(name)) throw invalid(`there is a strategy '${name}' already`)
    this.registered.set(name, strategy)
  }

  /** @throws VolleyError VOLLEY_INVALID_ARGUMENT if there is none of that name. */
  named(name: AnyStrategyName): ExecutionStrategy {
    const names = this.names().filter((one) => one !== 'auto')
    checkChoice('strategy', name, names)
    return this.registered.get(name) ?? builtInStrategies[name as keyof typeof builtInStrategies]
  }

  /** Operators between the components that a strategy of the user's drives run in bulk. */
  asked(name: AnyStrategyName): Asked {
    checkChoice('strategy', name, this.names())
    if (isReserved(name)) return { operators: name, driver: null }
    return { operators: 'bulk', driver: this.registered.get(name) ?? null }
  }
}

/** Who drives the components of a run. */
export function driverOf({ driver }: Asked, operators: Exclude<StrategyName, 'auto'>): ExecutionStrategy {
  return driver ?? builtInStrategies[operators]
}

/** Says where the object is given what a strategy must have. */
function checkStrategyObject(strategy: ExecutionStrategy): ExecutionStrategy {
  if (typeof strategy !== 'object' || strategy === null) {
    throw invalid(`a strategy is an object with name, supports and execute, not ${show(strategy)}`)
  }
  checkName('the name of a strategy', strategy.name)
  for (const method of ['supports', 'execute'] as const) {
    if (typeof strategy[method] === 'function') continue
    throw invalid(`${method} of strategy '${strategy.name}' is a method, not ${show(strategy[method])}`)
  }
  return strategy
}

function isReserved(name: AnyStrategyName): name is StrategyName {
  return (RESERVED as readonly string[]).includes(name)
}
