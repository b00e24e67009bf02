/** Versions of packages that do not tell theirs. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** The version of an installed package; throws if there is none of that name. Its exports may hide its package.json. */
export function packageVersion(name: string): string {
  for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    if (folder.endsWith(join('node_modules', name))) {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
    }
  }
  throw new Error(`the package ${name} lies in no folder of that name, found at ${require.resolve(name)}`)
}
