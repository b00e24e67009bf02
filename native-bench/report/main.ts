/** Shows results of the benchmark: see `HELP`. */

import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { VolleyError } from '../../planner/errors.js'
import { compareResults, comparisonText } from './compare.js'
import { htmlPage } from './html.js'
import { markdownReport } from './markdown.js'
import { readResults } from './read.js'
import { textReport } from './text.js'

const HELP = `Shows results of the benchmark.

  node dist/native-bench/report/main.js RESULTS.json [MORE.json ...] [options]

The last file is what is shown; those before it are what it is compared with. Without options, as text.

  --html FILE      write a page that needs nothing else: drawings, tables, comparisons
  --markdown FILE  write Markdown, with the cases in which volley is not the fastest
  --compare        print what has changed from each earlier file to the last
  --help           print this

Exits with 1 if a file cannot be read or written, and with 2 if this is not how it is called.
`

class WrongUsage extends Error {}

interface Request {
  readonly paths: readonly string[]
  readonly html: string | null
  readonly markdown: string | null
  readonly compare: boolean
}

function requestOf(words: readonly string[]): Request | 'help' {
  const { values, positionals } = parsed(words)
  if (values.help) return 'help'
  const { html = null, markdown = null, compare } = values
  if (positionals.length === 0) throw new WrongUsage('name a file of results')
  if (compare && positionals.length < 2) throw new WrongUsage('--compare takes two files of results or more')
  return { paths: positionals, html, markdown, compare }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        html: { type: 'string' },
        markdown: { type: 'string' },
        compare: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new WrongUsage((error as Error).message)
  }
}

async function show({ paths, html, markdown, compare }: Request): Promise<void> {
  const results = await Promise.all(paths.map(readResults))
  const shown = results[results.length - 1]
  if (html !== null) await write(html, htmlPage(results))
  if (markdown !== null) await write(markdown, markdownReport(shown))
  const comparisons = compare ? results.slice(0, -1).map((before) => comparisonText(compareResults(before, shown))) : []
  const asked = html !== null || markdown !== null || compare
  process.stdout.write(asked ? comparisons.join('\n') : textReport(shown))
}

async function write(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (error) {
    throw new VolleyError('VOLLEY_IO', `${path} cannot be written: ${(error as Error).message}`, { path }, error)
  }
}

async function main(words: readonly string[]): Promise<number> {
  try {
    const request = requestOf(words)
    if (request === 'help') process.stdout.write(HELP)
    else await show(request)
    return 0
  } catch (error) {
    if (!(error instanceof WrongUsage) && !(error instanceof VolleyError)) throw error
    process.stderr.write(error instanceof WrongUsage ? `${error.message}; see --help\n` : `error: ${error.message}\n`)
    return error instanceof WrongUsage ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
