/** The two output streams of the process, and what may go wrong with them. */

import { systemCode, writeError } from '../../io/file-errors.js'

/**
 * Where a command prints. `print` is for results, `note` for everything else. Once the reader of standard output has
 * gone, `print` does nothing more and `readerGone` is aborted.
 */
export interface Terminal {
  readonly readerGone: AbortSignal
  /** Resolves when the stream can take more. Throws VOLLEY_IO if it takes nothing, as where a disk is full. */
  print(text: string): Promise<void>
  note(text: string): void
  /** True if progress may be redrawn on standard error. */
  readonly interactive: boolean
  /** Cells of a line on standard error, and lines, as they are now. */
  readonly columns: number
  readonly rows: number
  /** True if standard error may show colours. */
  readonly isColoured: boolean
  /** Cells of a line on standard output; null if it is no terminal. */
  readonly printColumns: number | null
}

/** With `json`, what functions of the user's print goes to standard error: standard output has one JSON object alone. */
export function processTerminal(json: boolean): Terminal {
  const write = process.stdout.write.bind(process.stdout)
  if (json) process.stdout.write = writeAside as typeof process.stdout.write
  const gone = new AbortController()
  process.stdout.on('error', (error) => {
    if (systemCode(error) === 'EPIPE') gone.abort()
  })
  // Nobody is left to tell when standard error is closed.
  process.stderr.on('error', () => undefined)
  return {
    readerGone: gone.signal,
    interactive: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    // Terminals change their size.
    get columns() {
      return process.stderr.columns ?? 80
    },
    get rows() {
      return process.stderr.rows ?? 24
    },
    isColoured: process.stderr.isTTY === true && (process.env.NO_COLOR ?? '') === '',
    printColumns: process.stdout.isTTY === true ? process.stdout.columns : null,
    print: (text) =>
      new Promise((resolve, reject) => {
        if (gone.signal.aborted) return resolve()
        write(text, (error) => {
          if (!error || systemCode(error) === 'EPIPE') resolve()
          else reject(writeError('standard output', error))
        })
      }),
    note: (text) => {
      process.stderr.write(text)
    },
  }
}

/** Says that more can be taken: who waits would wait for the wrong stream. */
function writeAside(...given: Parameters<typeof process.stderr.write>): boolean {
  process.stderr.write(...given)
  return true
}
