/** Tells which node of a plan a piece of a pipeline does the work of. */

/**
 * Lowering makes one piece of most nodes, and two of some: a distinct is an aggregation and a projection, a top-k sort
 * thins the slices before it sorts. Only the first piece takes the node's input in, only the last puts its output out.
 */
export interface PlanPart {
  /** Place in a preorder walk of the optimized plan: `nodesOf` of `planner/plan-tree.ts`. */
  readonly index: number
  readonly place: 'whole' | 'first' | 'last'
}

/** A piece of a pipeline. */
export interface PlanPiece {
  /** What it is measured as; a piece without is not measured. */
  readonly node?: PlanPart
}
