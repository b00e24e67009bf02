/** The reference of LIKE. */

import { RowError } from '../kernel.js'

/**
 * True if the pattern matches all of the text: % stands for any characters, _ for one, the escape character for the
 * literal character after it. An empty escape is the character U+0000; null is none.
 */
export function like(text: string, pattern: string, escapedBy: string | null = null): boolean {
  if (escapedBy !== null && Buffer.byteLength(escapedBy) > 1) {
    throw new RowError('VOLLEY_INVALID_ARGUMENT', `LIKE takes one ASCII character as escape, not '${escapedBy}'`, -1)
  }
  return matches([...text], [...pattern], escapedBy === '' ? '\0' : escapedBy)
}

function matches(text: readonly string[], pattern: readonly string[], escapedBy: string | null): boolean {
  let t = 0
  let p = 0
  let afterPercent = -1
  let mark = 0
  while (t < text.length) {
    const token = pattern[p]
    if (token === undefined) {
      if (afterPercent < 0) return false
    } else if (token === escapedBy) {
      if (p + 1 === pattern.length) {
        throw new RowError('VOLLEY_INVALID_ARGUMENT', `the LIKE pattern '${pattern.join('')}' ends with its escape`, -1)
      }
      if (pattern[p + 1] === text[t]) {
        p += 2
        t++
        continue
      }
    } else if (token === '%') {
      while (pattern[p] === '%') p++
      if (p === pattern.length) return true
      afterPercent = p
      mark = t
      continue
    } else if (token === '_' || token === text[t]) {
      p++
      t++
      continue
    }
    if (afterPercent < 0) return false
    p = afterPercent
    t = ++mark
  }
  while (pattern[p] === '%') p++
  return p === pattern.length
}
