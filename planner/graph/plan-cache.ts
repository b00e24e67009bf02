/** Keeps the plans that were asked for last, by what they were made from. */

import type { ExecutionPlan } from './execution-plan.js'

const CAPACITY = 64

export class PlanCache {
  private readonly plans = new Map<string, ExecutionPlan>()
  private found = 0
  private made = 0

  constructor(private readonly capacity = CAPACITY) {}

  get hits(): number {
    return this.found
  }

  get misses(): number {
    return this.made
  }

  /** The plan kept under a key, or else the one that `make` makes. */
  get(key: string, make: () => ExecutionPlan): ExecutionPlan {
    const known = this.plans.get(key)
    if (known !== undefined) {
      this.found++
      // The first of a map is the one that was used longest ago.
      this.plans.delete(key)
      this.plans.set(key, known)
      return known
    }
    const plan = make()
    this.made++
    this.plans.set(key, plan)
    for (const oldest of this.plans.keys()) {
      if (this.plans.size <= this.capacity) break
      this.plans.delete(oldest)
    }
    return plan
  }
}
