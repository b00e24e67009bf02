/** What threads load before they can work: it is the most of the time until a first result. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from '../../support/jest.js'

const IMPORT = /^(?:import|export)\s(?:[^'"]*?from\s*)?['"]([^'"]+)['"]/gm

/** The packages that a compiled module imports before it runs, by itself or by what it imports. */
function packagesOf(start: URL): string[] {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (module: URL): void => {
    if (seen.has(module.href)) return
    seen.add(module.href)
    for (const [, name] of readFileSync(module, 'utf8').matchAll(IMPORT)) {
      if (name.startsWith('.')) visit(new URL(name, module))
      else if (!name.startsWith('node:')) packages.add(name)
    }
  }
  visit(start)
  return [...packages].sort()
}

describe('at once, and not when it is needed,', () => {
  it('a worker loads no package', () => {
    expect(packagesOf(new URL('../../../engine/workers/worker.js', import.meta.url))).toEqual([])
  })

  it('the package loads no other', () => {
    expect(packagesOf(new URL('../../../index.js', import.meta.url))).toEqual([])
  })

  it('an engine loads what every run takes', () => {
    expect(packagesOf(new URL('../../../engine/executor.js', import.meta.url))).toEqual([
      '@duckdb/node-bindings',
      'apache-arrow',
      'apache-arrow/ipc/metadata/file',
      'apache-arrow/ipc/metadata/message',
      'apache-arrow/visitor/vectorloader',
      'piscina',
    ])
  })
})
