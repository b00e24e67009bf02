/** What is thrown by code of the user that components and strategies consist of, as errors of the run. */

import type { Component, ComponentMethod } from '../../../planner/component.js'
import { type ErrorCode, VolleyError } from '../../../planner/errors.js'

/** What a method was called with: a row, or a batch that begins at a row. Rows count from 0 in the component's input. */
export interface Place {
  readonly row?: number
  readonly firstRow?: number
}

export function methodFailure(
  { name }: Component,
  method: ComponentMethod | 'start' | 'finish',
  cause: unknown,
  place: Place = {},
): VolleyError {
  const at = (row: number, what: string) => ` at ${what} ${row}`
  const where =
    place.row !== undefined
      ? at(place.row, 'row')
      : place.firstRow !== undefined
        ? at(place.firstRow, 'the batch that begins with row')
        : ''
  return new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `${method} of component '${name}' failed${where}: ${messageOf(cause)}`,
    { component: name, method, ...place },
    cause,
  )
}

/** True of errors for which the text of a query, or what it computes, is to blame rather than the machine. */
export function isFaultOfQuery(cause: unknown): boolean {
  return cause instanceof VolleyError && QUERY_FAULTS.has(cause.code)
}

const QUERY_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'VOLLEY_PARSE',
  'VOLLEY_UNKNOWN_COLUMN',
  'VOLLEY_UNKNOWN_FUNCTION',
  'VOLLEY_UNKNOWN_TABLE',
  'VOLLEY_TYPE_MISMATCH',
  'VOLLEY_CAST',
  'VOLLEY_OVERFLOW',
  'VOLLEY_UNSUPPORTED',
  'VOLLEY_INVALID_ARGUMENT',
])

/** A strategy of the user's failed; what volley itself refused on the way is passed on as it is. */
export function strategyFailure(strategy: string, { name }: Component, cause: unknown): unknown {
  if (cause instanceof VolleyError) return cause
  return new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `strategy '${strategy}' failed on component '${name}': ${messageOf(cause)}`,
    { component: name, strategy },
    cause,
  )
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
