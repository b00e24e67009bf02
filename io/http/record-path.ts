/** Finds what a path such as `data.items` names in the JSON of an answer. */

import { VolleyError } from '../../planner/errors.js'
import { describeValue } from '../describe-value.js'
import { isRecord } from '../records/convert.js'

/** Undefined where a step of the path is missing. Numbers count the elements of arrays. */
export function atPath(value: unknown, path: string): unknown {
  let current = value
  for (const step of path.split('.')) {
    if (Array.isArray(current) && /^\d+$/.test(step)) current = current[Number(step)] as unknown
    else if (isRecord(current) && Object.hasOwn(current, step)) current = current[step]
    else return undefined
  }
  return current
}

/** The records of an answer: an array, a single object, or none for null. Throws VOLLEY_BAD_RECORD. */
export function recordsAt(answer: unknown, path: string | null, address: string): readonly unknown[] {
  const found = path === null ? answer : atPath(answer, path)
  if (Array.isArray(found)) return found
  if (found === null) return []
  if (isRecord(found)) return [found]
  const where = path === null ? 'the answer' : `'${path}'`
  const has = isRecord(answer) ? `; it has ${Object.keys(answer).slice(0, 10).join(', ') || 'nothing'}` : ''
  const actual = found === undefined ? 'missing' : describeValue(found)
  throw new VolleyError('VOLLEY_BAD_RECORD', `${address}: ${where} is no list of records but ${actual}${has}`, {
    url: address,
    expected: 'an array of objects',
    actual,
  })
}
