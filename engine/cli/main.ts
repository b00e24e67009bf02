#!/usr/bin/env node
/** The `volley` command as a process: words, streams, signals and the exit code. */

import { EXIT } from './failure.js'
import { isForMachines, runCommand } from './run-command.js'
import { processTerminal } from './terminal.js'

const INTERRUPTIONS = ['SIGINT', 'SIGTERM'] as const

const interrupted = new AbortController()
for (const signal of INTERRUPTIONS) {
  process.on(signal, () => {
    // The first asks the run to clean up after itself; whoever asks again does not want to wait.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted)
    interrupted.abort(new Error(signal))
  })
}

const words = process.argv.slice(2)
process.exitCode = await runCommand(words, processTerminal(isForMachines(words)), interrupted.signal)
