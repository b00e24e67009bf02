/** Resident memory of processes, from the outside too: the peak of a process that was killed counts like any other. */

import { readFileSync, writeFileSync } from 'node:fs'

/** Bytes; null where the system does not say, or the process has ended. */
export function peakBytesOf(pid: number | 'self'): number | null {
  return statusBytes(pid, 'VmHWM')
}

export function residentBytesOf(pid: number): number | null {
  return statusBytes(pid, 'VmRSS')
}

/** The peak of this process. */
export function ownPeakBytes(): number {
  // Where both are known: what resourceUsage() says may be the peak of the process that started this one.
  return peakBytesOf('self') ?? process.resourceUsage().maxRSS * 1024
}

/** Makes what is resident now the peak of this process. False where that cannot be done. */
export function resetOwnPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
    return true
  } catch {
    return false
  }
}

function statusBytes(pid: number | 'self', field: string): number | null {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return match === null ? null : Number(match[1]) * 1024
  } catch {
    return null
  }
}
