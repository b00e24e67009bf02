/** The two output streams of the process, and what may go wrong with them. */

/**
 * Where a command prints. `print` is for results, `note` for everything else. Once the reader of standard output has
 * gone, `print` does nothing more and `readerGone` is aborted.
 */
export interface Terminal {
  readonly readerGone: AbortSignal
  /** Resolves when the stream can take more. */
  print(text: string): Promise<void>
  note(text: string): void
  /** True if progress may be redrawn on standard error. */
  readonly interactive: boolean
  /** Cells of a line on standard error. */
  readonly columns: number
}

export function processTerminal(): Terminal {
  const gone = new AbortController()
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    gone.abort()
  })
  // Nobody is left to tell when standard error is closed.
  process.stderr.on('error', () => undefined)
  return {
    readerGone: gone.signal,
    interactive: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    print: (text) =>
      new Promise((resolve) => {
        if (gone.signal.aborted) resolve()
        else process.stdout.write(text, () => resolve())
      }),
    note: (text) => {
      process.stderr.write(text)
    },
  }
}
