import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemMemory } from '../../../engine/memory/container-limit.js'
import { afterEach, expect, it } from '../../support/jest.js'

const MACHINE = 64e9
const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** What a process would be told whose machine has these files. */
function memoryOf(files: Readonly<Record<string, string>>): ReturnType<typeof systemMemory> {
  const root = mkdtempSync(join(tmpdir(), 'volley-cgroup-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return systemMemory(root, MACHINE)
}

const machine = { bytes: MACHINE, of: 'machine' }
const container = (bytes: number) => ({ bytes, of: 'container' })

it('takes the machine where there are no control groups', () => {
  expect(memoryOf({})).toEqual(machine)
  expect(memoryOf({ 'proc/self/cgroup': '' })).toEqual(machine)
})

it('reads version 2: the lowest limit from the own group up to the root', () => {
  const group = { 'proc/self/cgroup': '0::/system.slice/job.service\n' }
  const own = 'sys/fs/cgroup/system.slice/job.service'
  expect(memoryOf({ ...group, [`${own}/memory.max`]: 'max\n' })).toEqual(machine)
  expect(memoryOf({ ...group, [`${own}/memory.max`]: '2147483648\n' })).toEqual(container(2 ** 31))
  expect(
    memoryOf({ ...group, [`${own}/memory.max`]: '4000000000', 'sys/fs/cgroup/system.slice/memory.max': '3000000000' }),
  ).toEqual(container(3e9))
  expect(memoryOf({ ...group, [`${own}/memory.max`]: '4000000000', [`${own}/memory.high`]: '2000000000' })).toEqual(
    container(2e9),
  )
})

it('reads version 2 inside a container, whose group is the root or lies outside of what it sees', () => {
  const limit = { 'sys/fs/cgroup/memory.max': '1000000000\n' }
  for (const path of ['/', '/kubepods/pod1/abc', '/../../abc']) {
    expect(memoryOf({ 'proc/self/cgroup': `0::${path}\n`, ...limit })).toEqual(container(1e9))
  }
})

it('reads version 1', () => {
  const group = { 'proc/self/cgroup': '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n' }
  const own = 'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes'
  expect(memoryOf({ ...group, [own]: '9223372036854771712\n' })).toEqual(machine)
  expect(memoryOf({ ...group, [own]: '536870912\n' })).toEqual(container(2 ** 29))
  expect(memoryOf({ ...group, 'sys/fs/cgroup/memory/memory.limit_in_bytes': '700000000\n' })).toEqual(container(7e8))
  expect(
    memoryOf({ ...group, [own]: '5368709120', 'sys/fs/cgroup/memory/docker/memory.limit_in_bytes': '6e9' }),
  ).toEqual(container(5 * 2 ** 30))
})

it('reads both at once', () => {
  expect(
    memoryOf({
      'proc/self/cgroup': '4:memory:/a:b\n0::/c\n',
      'sys/fs/cgroup/memory/a:b/memory.limit_in_bytes': '3000000000',
      'sys/fs/cgroup/unified/c/memory.max': '2000000000',
    }),
  ).toEqual(container(2e9))
})

it('passes over values that are no limit: none, zero, negative, more than the machine has', () => {
  for (const value of ['', '0', '-1', 'many', '99999999999999']) {
    expect(memoryOf({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': value })).toEqual(machine)
  }
})
