/** What is wrong with a graph. */

import { VolleyError } from '../errors.js'

/**
 * duplicate   two pipes of one id, or two that make one dataset
 * cycle       pipes that wait for each other
 * missing     a dataset that nobody makes and that is not external, or a pipe that should read and reads nothing
 * orphan      a pipe that reads nothing and that nobody reads, in a graph of others
 * unread      an output that nobody reads: only a warning
 */
export type GraphProblemKind = 'duplicate' | 'cycle' | 'missing' | 'orphan' | 'unread'

export interface GraphProblem {
  readonly kind: GraphProblemKind
  readonly message: string
  /** The pipes it is about; those of a cycle in order, each read by the next, and the first once more at the end. */
  readonly ids: readonly string[]
}

/** @throws VolleyError VOLLEY_INVALID_GRAPH that lists the problems, if there are any. */
export function refuseProblems(what: string, problems: readonly GraphProblem[]): void {
  if (problems.length === 0) return
  const [first, ...others] = problems.map(({ message }) => message)
  const message = others.length === 0 ? first : [`${problems.length} faults:`, first, ...others].join('\n  ')
  throw new VolleyError('VOLLEY_INVALID_GRAPH', `${what}: ${message}`, { problems })
}
