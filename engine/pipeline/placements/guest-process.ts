/** A child process of a stage. It ends with its channel: whoever started it has closed it, or is gone. */

import { Worker } from 'node:worker_threads'
import { Guest } from './guest.js'
import type { Asked, GuestStart } from './guest-messages.js'

/** How often a child looks whether it has been orphaned, which a function that never returns would keep it from noticing. */
const WATCH_MS = 500

const WATCH = `
  const parent = ${process.ppid}
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, ${WATCH_MS})
`

process.on('disconnect', () => process.exit(0))
// What reaches the whole group of processes, such as an interrupt from the terminal, is for the parent to handle.
process.on('SIGINT', () => {})
new Worker(WATCH, { eval: true, execArgv: [], stdout: false }).unref()

process.once('message', async (start: GuestStart) => {
  const guest = await Guest.open(start, (answer) => process.send?.(answer))
  if (guest === null) process.disconnect()
  else process.on('message', (asked: Asked) => guest.receive(asked))
})
