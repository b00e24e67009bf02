/** What a benchmark ran on. */

import { execFileSync } from 'node:child_process'
import { arch, cpus, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Machine } from './results.js'

export function thisMachine(): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()}`,
  }
}

/** Of the checkout that this file was compiled in, with `+` if files differ from it; null outside of one. */
export function thisCommit(): string | null {
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`
  } catch {
    // No git, or an installed package.
    return null
  }
}
