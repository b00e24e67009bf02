/** Runs every example of the documentation that is one file, and the tour of README.md. */

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inTemporaryDirectory } from '../support/cli.js'
import { beforeAll, describe, expect, it } from '../support/jest.js'
import { type Printed, runModules } from './module-runs.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** Modules that other examples load. */
const MODULES = ['price-rules.mjs']

const run = promisify(execFile)

describe('docs/examples', () => {
  const examples = readdirSync(`${ROOT}docs/examples`).filter(
    (name) => name.endsWith('.mjs') && !MODULES.includes(name),
  )

  let printed: readonly Printed[] = []

  beforeAll(async () => {
    printed = await runModules(examples.map((name) => ({ directory: ROOT, path: `${ROOT}docs/examples/${name}` })))
  })

  it.each(examples)('%s runs', (name) => {
    const { stdout, stderr } = printed[examples.indexOf(name)]
    expect(stderr).toBe('')
    expect(stdout.trim()).not.toBe('')
  })
})

describe('README.md', () => {
  it('has a tour that runs as it stands', async () => {
    const [, tour] = /```js\n(.*?)```/s.exec(readFileSync(`${ROOT}README.md`, 'utf8')) ?? []
    await inTemporaryDirectory(async (directory) => {
      const code = tour.replace("'revenue.parquet'", JSON.stringify(join(directory, 'revenue.parquet')))
      const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT })
      expect(stderr).toBe('')
      expect(stdout).toMatch(/50000 96 \d/)
    })
  })
})
