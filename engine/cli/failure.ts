/** Says what went wrong, in words on standard error and, with --json, as an object on standard output. */

import { InternalError, VolleyError } from '../../planner/errors.js'
import type { Place, PlacedProblem } from '../pipeline/yaml/document.js'
import { UsageError } from './command-line/usage-error.js'
import { jsonLine } from './printing/json.js'
import { displayWidth } from './printing/text-table.js'
import type { Terminal } from './terminal.js'

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** `program` names the command in messages about its usage. Returns the exit code. */
export async function reportFailure(
  error: unknown,
  program: string,
  terminal: Terminal,
  json: boolean,
): Promise<number> {
  if (error instanceof UsageError) {
    terminal.note(`${program}: ${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`)
    if (json) await printError(terminal, 'VOLLEY_USAGE', error.message, error.hint === null ? {} : { hint: error.hint })
    return EXIT.usage
  }
  if (error instanceof VolleyError && error.code === 'VOLLEY_INVALID_PIPELINE' && error.details.line !== undefined) {
    terminal.note(problemText(error.details.problems as readonly PlacedProblem[]))
    if (json) await printError(terminal, error.code, error.message, error.details)
    return EXIT.failed
  }
  if (error instanceof VolleyError) {
    terminal.note(`${fileText(error)}error: ${error.message} [${error.code}]\n${placeText(error)}${causeText(error)}`)
    if (json) await printError(terminal, error.code, error.message, error.details)
    return EXIT.failed
  }
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error ? (error.stack ?? message) : message
  terminal.note(
    `error: ${message}\nThis is a fault of volley itself${error instanceof InternalError ? '' : ' or of the machine'}.\n${stack}\n`,
  )
  if (json) await printError(terminal, 'VOLLEY_INTERNAL', message, {})
  return EXIT.failed
}

/** As compilers print what is wrong with a file. */
export function problemText(problems: readonly Omit<PlacedProblem, 'expected'>[]): string {
  const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: error: ${message}\n`)
  return `${lines.join('')}${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`
}

/** What an interruption ended in; the error it caused says no more. */
export async function reportInterruption(
  terminal: Terminal,
  json: boolean,
  left = 'nothing was written',
): Promise<number> {
  terminal.note(`interrupted: ${left}\n`)
  if (json) await printError(terminal, 'VOLLEY_ABORTED', 'interrupted', {})
  return EXIT.interrupted
}

/** Where the stage at fault stands in its file, as `problemText` has it. */
function fileText({ details }: VolleyError): string {
  const place = details.place as Place | undefined
  return place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `
}

/** Codes whose position is one in `expression` as the user wrote it. */
const PLACED: readonly string[] = ['VOLLEY_PARSE', 'VOLLEY_UNKNOWN_COLUMN', 'VOLLEY_UNKNOWN_FUNCTION']

/** The line of the SQL text at fault, with a mark under the place. */
function placeText({ code, details }: VolleyError): string {
  const { expression, position } = details
  if (!PLACED.includes(code) || expression === undefined || position === undefined) return ''
  if (position > expression.length) return ''
  const start = expression.lastIndexOf('\n', position - 1) + 1
  const [line] = expression.slice(start).split('\n')
  return `  ${line}\n  ${' '.repeat(displayWidth(line.slice(0, position - start)))}^\n`
}

function causeText(error: VolleyError): string {
  const { cause } = error
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return ''
  return `caused by: ${cause.message}\n`
}

async function printError(terminal: Terminal, code: string, message: string, details: object): Promise<void> {
  try {
    await terminal.print(jsonLine({ error: { code, message, details } }))
  } catch {
    // Standard output takes nothing: what was said on standard error has to do.
  }
}
