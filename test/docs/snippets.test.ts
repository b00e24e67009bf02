/**
 * Runs the JavaScript of the guides. A block that begins with an import begins a module, to which the blocks after it belong;
 * blocks of text say what the module prints.
 */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTemporaryDirectory } from '../support/cli.js'
import { beforeAll, describe, expect, it } from '../support/jest.js'
import { type Printed, runModules } from './module-runs.js'

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

const guides = GUIDES.map((name) => ({ name, snippets: snippetsOf(readFileSync(`${ROOT}docs/${name}`, 'utf8')) }))
const all = guides.flatMap(({ snippets }) => snippets)
let printed: readonly Printed[] = []

beforeAll(async () => {
  await inTemporaryDirectory(async (parent) => {
    const modules = all.map(({ code }, index) => {
      const directory = join(parent, String(index))
      mkdirSync(join(directory, 'node_modules'), { recursive: true })
      symlinkSync(ROOT, join(directory, 'node_modules', 'volley'))
      const path = join(directory, 'snippet.mjs')
      writeFileSync(path, code)
      return { directory, path }
    })
    printed = await runModules(modules)
  })
})

describe.each(guides)('$name', ({ snippets }) => {
  it('has snippets', () => {
    expect(snippets.length).toBeGreaterThan(0)
  })

  it.each(snippets.map((snippet, index) => ({ number: index + 1, snippet })))('snippet $number runs', ({ snippet }) => {
    const { stdout, stderr } = printed[all.indexOf(snippet)]
    expect(stderr).toBe('')
    if (snippet.output !== null) expect(stdout.trim()).toBe(snippet.output.trim())
  })
})
