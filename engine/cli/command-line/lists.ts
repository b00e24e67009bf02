/** Takes apart the small list languages of the options; the expressions inside are SQL and stay text. */

import { UsageError } from './usage-error.js'

/** A `--sort` key; undefined leaves the default to the frame. */
export interface SortArgument {
  readonly expression: string
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | undefined
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Splits at commas that are outside of quotes and brackets, and trims the parts. */
export function splitList(text: string, option: string): string[] {
  const parts: string[] = []
  const open: string[] = []
  let quote: string | null = null
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quote !== null) {
      // A doubled quote closes and opens again, which comes to the same.
      if (character === quote) quote = null
    } else if (character === "'" || character === '"') quote = character
    else if (Object.hasOwn(CLOSING, character)) open.push(CLOSING[character])
    else if (character === open.at(-1)) open.pop()
    else if (character === ',' && open.length === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  parts.push(text.slice(start).trim())
  if (parts.some((part) => part === '')) throw new UsageError(`--${option} has an empty entry: ${JSON.stringify(text)}`)
  return parts
}

/** Column names, plain or in double quotes. */
export function splitNames(text: string, option: string): string[] {
  return splitList(text, option).map(unquoteName)
}

/** Splits `NAME=E, ...` into pairs, in the order given. */
export function splitAssignments(text: string, option: string, form: string): [string, string][] {
  return splitList(text, option).map((entry) => {
    const match = /^("(?:[^"]|"")+"|[^=<>!"]+)=(?!=)\s*(.+)$/s.exec(entry)
    if (match === null) {
      throw new UsageError(`--${option} takes ${form}, not ${JSON.stringify(entry)}`)
    }
    return [unquoteName(match[1].trim()), match[2].trim()]
  })
}

/** Splits `a desc, b nulls first` into keys. */
export function splitSortKeys(text: string): SortArgument[] {
  return splitList(text, 'sort').map((entry) => {
    const match = /^(.+?)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?$/is.exec(entry)
    if (match === null)
      throw new UsageError(`--sort takes keys like 'a desc nulls first', not ${JSON.stringify(entry)}`)
    const nulls = match[3]?.toLowerCase()
    return {
      expression: match[1],
      descending: match[2]?.toLowerCase() === 'desc',
      nulls: nulls === 'first' || nulls === 'last' ? nulls : undefined,
    }
  })
}

function unquoteName(name: string): string {
  return name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1).replaceAll('""', '"') : name
}
