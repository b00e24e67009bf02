/** Compares the help with test/cli/help/*.txt; UPDATE_HELP=1 rewrites them. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { commandHelp, generalHelp } from '../../engine/cli/command-line/help.js'
import { COMMANDS } from '../../engine/cli/command-line/options.js'
import { describe, expect, it } from '../support/jest.js'

const FOLDER = new URL('../../../test/cli/help/', import.meta.url)

const texts: [string, string][] = [
  ['volley', generalHelp()],
  ...Object.values(COMMANDS).map((command): [string, string] => [command.name, commandHelp(command)]),
]

describe('help', () => {
  it.each(texts)('of %s is as written down', async (name, text) => {
    const file = new URL(`${name}.txt`, FOLDER)
    if (process.env.UPDATE_HELP === '1') {
      await mkdir(FOLDER, { recursive: true })
      await writeFile(file, text)
    }
    expect(text).toBe(await readFile(file, 'utf8'))
  })

  it.each(texts)('of %s fits a wide terminal', (_, text) => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(130)
  })
})
