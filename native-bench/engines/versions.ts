/** Versions of the engines, read from their packages: none has to be loaded for it. */

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { SuiteResults } from '../results.js'

/** By engine, as outcomes name it; and of Node. */
export type Versions = Readonly<Record<string, string>>

const PACKAGES = {
  volley: 'volley',
  duckdb: '@duckdb/node-api',
  polars: 'nodejs-polars',
  arquero: 'arquero',
  'parquet-wasm': 'parquet-wasm',
  hyparquet: 'hyparquet',
} as const

const require = createRequire(import.meta.url)

/** Engines that are not installed are left out. */
export function installedVersions(): Versions {
  const versions: Record<string, string> = { node: process.versions.node }
  for (const [engine, name] of Object.entries(PACKAGES)) {
    const version = packageVersion(name)
    if (version !== null) versions[engine] = version
  }
  return versions
}

/** Those of Node, of volley, and of each engine that took part in `suites`, of the ones in `versions`. */
export function versionsOf(suites: readonly SuiteResults[], versions: Versions): Versions {
  const outcomes = suites.flatMap(({ cases }) => cases.flatMap((one) => one.outcomes))
  const measured = outcomes.filter(({ status }) => status !== 'absent').map(({ engine }) => engine)
  return Object.fromEntries(
    Object.entries(versions).filter(
      ([engine]) => engine === 'node' || engine === 'volley' || measured.includes(engine),
    ),
  )
}

/** Null if it is not installed. Looked for above the package's entry, as its exports may hide its package.json. */
function packageVersion(name: string): string | null {
  let folder = entryOf(name)
  while (folder !== null && folder !== dirname(folder)) {
    folder = dirname(folder)
    const path = join(folder, 'package.json')
    if (!existsSync(path)) continue
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string }
    if (manifest.name === name) return manifest.version ?? null
  }
  return null
}

function entryOf(name: string): string | null {
  try {
    return require.resolve(name)
  } catch {
    return null
  }
}
