/** Files and folders that documents name or link to must exist. */

import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '../support/jest.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SOURCES = ['planner', 'io', 'engine', 'native-bench', 'data-fixtures', 'test', 'docs']
/** Made by the build. */
const BUILT = new Set(['kernels.wasm'])

const names = new Set(
  SOURCES.flatMap((folder) => readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })).map((path) =>
    basename(path),
  ),
)

/** What stands in backticks or in a link and looks like a path of this repository: `planner/sql/`, `expand.ts`. */
function pathsIn(text: string): string[] {
  const quoted = [...text.matchAll(/`([\w./-]+(?:\/|\.(?:ts|mjs|md|json|wasm)))`/g)].map((match) => match[1])
  const linked = [...text.matchAll(/\]\(([\w./-]+)\)/g)].map((match) => match[1])
  return [...new Set([...quoted, ...linked])]
}

/** A path is whole or, within the folder that is spoken of, a name. */
function isThere(path: string): boolean {
  if (BUILT.has(path) || existsSync(`${ROOT}${path}`)) return true
  const name = path.replace(/\/$/, '')
  return !name.includes('/') && names.has(name)
}

const GUIDES = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md'))

describe.each(GUIDES)('docs/%s', (guide) => {
  it('is listed in README.md, and links to files that exist', async () => {
    const text = await readFile(`${ROOT}docs/${guide}`, 'utf8')
    const links = [...text.matchAll(/\]\(([\w./-]+)(?:#[\w-]*)?\)/g)].map((match) => match[1])
    expect(links.filter((link) => !existsSync(`${ROOT}docs/${link}`))).toEqual([])
    expect(await readFile(`${ROOT}README.md`, 'utf8')).toContain(`](docs/${guide})`)
  })
})

describe.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md'])('%s', (document) => {
  it('names files and folders that exist', async () => {
    const paths = pathsIn(await readFile(`${ROOT}${document}`, 'utf8'))
    expect(paths.length).toBeGreaterThan(0)
    expect(paths.filter((path) => !isThere(path))).toEqual([])
  })
})
