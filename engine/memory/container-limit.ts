/**
 * How much memory the process may have: that of its container, or else that of the machine.
 *
 * Control groups limit memory in a hierarchy: the lowest limit from the process's own group up to the root holds.
 * Version 2 has `memory.max` (beyond it the process is killed) and `memory.high` (beyond it, it is slowed down);
 * version 1 has `memory.limit_in_bytes`. Inside a container, the root of the hierarchy is often that of the container,
 * while `/proc/self/cgroup` names the group as the host sees it: folders that do not exist are passed over.
 */

import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'

export interface SystemMemory {
  readonly bytes: number
  readonly of: 'container' | 'machine'
}

/** Looks below `root`, a directory that has `proc` and `sys`. `machineBytes` is what there is without a container. */
export function systemMemory(root = '/', machineBytes = totalmem()): SystemMemory {
  const container = containerLimit(root)
  // Version 1 says "no limit" by a number near 2 ** 63.
  return container < machineBytes ? { bytes: container, of: 'container' } : { bytes: machineBytes, of: 'machine' }
}

/** Bytes, or infinity without a limit. */
function containerLimit(root: string): number {
  const limits = textOf(join(root, 'proc/self/cgroup'))
    .split('\n')
    .flatMap((line) => {
      // hierarchy : controllers : path, the controllers empty for version 2
      const [, controllers, ...path] = line.split(':')
      const group = path.join(':')
      if (controllers === '') {
        const files = ['memory.max', 'memory.high']
        return [
          ...limitsAbove(join(root, 'sys/fs/cgroup'), group, files),
          ...limitsAbove(join(root, 'sys/fs/cgroup/unified'), group, files),
        ]
      }
      if (controllers?.split(',').includes('memory') !== true) return []
      return limitsAbove(join(root, 'sys/fs/cgroup/memory'), group, ['memory.limit_in_bytes'])
    })
  return Math.min(Number.POSITIVE_INFINITY, ...limits)
}

/** What the files say in the folder of a group and in all folders above it, up to the mount point. */
function limitsAbove(mount: string, group: string, files: readonly string[]): number[] {
  // A group outside of the process's namespace is named by way of `..`.
  const folders = group.split('/').filter((name) => name !== '' && name !== '..')
  const limits: number[] = []
  for (let depth = folders.length; depth >= 0; depth--) {
    for (const file of files) limits.push(limitIn(join(mount, ...folders.slice(0, depth), file)))
  }
  return limits
}

function limitIn(path: string): number {
  const text = textOf(path).trim()
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}

/** Empty for a file that does not exist or must not be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
