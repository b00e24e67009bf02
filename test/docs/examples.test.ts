/** Runs every example of the documentation. */

import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from '../support/jest.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** Modules that other examples load. */
const MODULES = ['price-rules.mjs']

const run = promisify(execFile)

describe('docs/examples', () => {
  const examples = readdirSync(`${ROOT}docs/examples`).filter((name) => !MODULES.includes(name))

  it.each(examples)('%s runs', async (name) => {
    const { stdout, stderr } = await run(process.execPath, [`docs/examples/${name}`], { cwd: ROOT })
    expect(stderr).toBe('')
    expect(stdout.trim()).not.toBe('')
  })
})
