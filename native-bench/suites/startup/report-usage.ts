/** Loaded ahead of a program (`--import`), tells on file descriptor 3 what the process took when it ends. */

import { writeSync } from 'node:fs'
import { ownPeakBytes } from '../../trials/process-memory.js'
import type { Usage } from './run-process.js'

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const usage: Usage = { peakBytes: ownPeakBytes(), cpuMilliseconds: (user + system) / 1000 }
  writeSync(3, JSON.stringify(usage))
})
