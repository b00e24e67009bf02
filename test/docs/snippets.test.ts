/**
 * Runs the JavaScript of the guides. A block that begins with an import begins a module, to which the blocks after it belong;
 * blocks of text say what the module prints.
 */

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inTemporaryDirectory } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const GUIDES = [
  'checkpoints.md',
  'extract-load.md',
  'multiple-runs.md',
  'pipeline-errors.md',
  'pipeline-plans.md',
  'pipelines.md',
  'pipeline-progress.md',
  'placements.md',
  'streaming.md',
  'transforms.md',
]

const run = promisify(execFile)

interface Snippet {
  readonly code: string
  /** Null if the guide does not say. */
  readonly output: string | null
}

function snippetsOf(guide: string): Snippet[] {
  const snippets: Snippet[] = []
  for (const [, language, text] of guide.matchAll(/^```(js|text)\n(.*?)^```$/gms)) {
    const last = snippets.at(-1)
    if (language === 'js' && (last === undefined || text.startsWith('import '))) {
      snippets.push({ code: text, output: null })
    } else if (last !== undefined) {
      const { code, output } = last
      snippets.pop()
      snippets.push(language === 'js' ? { code: code + text, output } : { code, output: (output ?? '') + text })
    }
  }
  return snippets
}

describe.each(GUIDES)('%s', (name) => {
  const snippets = snippetsOf(readFileSync(`${ROOT}docs/${name}`, 'utf8'))

  it('has snippets', () => {
    expect(snippets.length).toBeGreaterThan(0)
  })

  it.each(snippets.map((snippet, index) => ({ number: index + 1, ...snippet })))(
    'snippet $number runs',
    async ({ code, output }) => {
      await inTemporaryDirectory(async (directory) => {
        mkdirSync(join(directory, 'node_modules'))
        symlinkSync(ROOT, join(directory, 'node_modules', 'volley'))
        writeFileSync(join(directory, 'snippet.mjs'), code)
        const { stdout, stderr } = await run(process.execPath, ['snippet.mjs'], { cwd: directory })
        expect(stderr).toBe('')
        if (output !== null) expect(stdout.trim()).toBe(output.trim())
      })
    },
  )
})
