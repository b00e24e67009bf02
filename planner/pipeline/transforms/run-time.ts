/** Fixes the time in SQL text: all of a run's expressions see one time, that of its start. */

/** What is left as it is: text, names in quotes, comments; then the calls, with or without parentheses. */
const TOKENS =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|(?<![\w.])(?:(now|today|get_current_timestamp)\s*\(\s*\)|(current_timestamp|current_date)(?:\s*\(\s*\))?(?!\w))/gi

/**
 * Puts literals in the place of `now()`, `current_timestamp` (TIMESTAMPTZ), `today()` and `current_date` (DATE, in UTC).
 * Literals, quoted names and comments stay as they are.
 */
export function fixTime(text: string, startedAt: Date): string {
  return text.replace(TOKENS, (token: string, call: string | undefined, keyword: string | undefined) => {
    const name = (call ?? keyword)?.toLowerCase()
    if (name === undefined) return token
    const iso = startedAt.toISOString()
    if (name === 'today' || name === 'current_date') return `DATE '${iso.slice(0, 10)}'`
    return `TIMESTAMPTZ '${iso.slice(0, 10)} ${iso.slice(11, -1)}+00'`
  })
}
