import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { htmlPage } from '../../../native-bench/report/html.js'
import { markdownReport } from '../../../native-bench/report/markdown.js'
import { textReport } from '../../../native-bench/report/text.js'
import { benchResults } from '../../support/bench-results.js'
import { inTemporaryDirectory } from '../../support/cli.js'
import { describe, expect, it } from '../../support/jest.js'

const PROGRAM = fileURLToPath(new URL('../../../native-bench/report/main.js', import.meta.url))
const [OLD, FRESH] = [benchResults({ commit: 'before' }), benchResults({ ownPace: 0.7 })]

function report(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

async function withFiles(use: (old: string, fresh: string, directory: string) => Promise<void>): Promise<void> {
  await inTemporaryDirectory(async (directory) => {
    const [old, fresh] = [join(directory, 'old.json'), join(directory, 'fresh.json')]
    await writeFile(old, JSON.stringify(OLD))
    await writeFile(fresh, JSON.stringify(FRESH))
    await use(old, fresh, directory)
  })
}

describe('the command that shows results', () => {
  it('prints text', async () => {
    await withFiles(async (_, fresh) => {
      expect(report(fresh)).toEqual({ code: 0, stdout: textReport(FRESH), stderr: '' })
    })
  })

  it('writes pages and Markdown, and prints comparisons', async () => {
    await withFiles(async (old, fresh, directory) => {
      const [html, markdown] = [join(directory, 'page.html'), join(directory, 'page.md')]
      const { code, stdout, stderr } = report(old, fresh, '--html', html, '--markdown', markdown, '--compare')
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^Before: before, .*\nAfter: {2}6e62664a90d1, /)
      expect(await readFile(html, 'utf8')).toBe(htmlPage([OLD, FRESH]))
      expect(await readFile(markdown, 'utf8')).toBe(markdownReport(FRESH))
    })
  })

  it('says what is wrong', async () => {
    await withFiles(async (old, fresh, directory) => {
      expect(report('--help')).toMatchObject({ code: 0, stderr: '' })
      expect(report()).toMatchObject({ code: 2, stdout: '', stderr: 'name a file of results; see --help\n' })
      expect(report(old, '--compare')).toMatchObject({ code: 2 })
      expect(report(old, '--pdf')).toMatchObject({ code: 2, stdout: '' })
      expect(report('missing.json')).toEqual({ code: 1, stdout: '', stderr: 'error: there is no file missing.json\n' })
      const nowhere = join(directory, 'nowhere', 'page.html')
      expect(report(fresh, '--html', nowhere).stderr).toMatch(`error: ${nowhere} cannot be written: ENOENT`)
    })
  })
})
