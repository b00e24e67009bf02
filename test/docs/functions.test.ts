/** Keeps docs/functions.md equal to the registry. UPDATE_DOCS=1 rewrites it. */

import { readFile, writeFile } from 'node:fs/promises'
import { allFunctions } from '../../planner/functions.js'
import { expect, it } from '../support/jest.js'

const DOCUMENT = new URL('../../../docs/functions.md', import.meta.url)

const SECTIONS = [
  ['scalar', 'Functions of a row'],
  ['aggregate', 'Aggregates'],
  ['window', 'Over windows'],
] as const

function render(): string {
  const functions = allFunctions()
  const sections = SECTIONS.flatMap(([kind, title]) => [
    `## ${title}`,
    '',
    ...table([
      ['in SQL', 'what it computes'],
      ...functions
        .filter((one) => one.kind === kind)
        .map((one) => [one.sqlNames.map(code).join(', '), escapeCell(one.doc)]),
    ]),
    '',
  ])
  return [
    '# Functions',
    '',
    "Their names in SQL text, and as methods of expressions or functions of the package: `col('a').round(2)`, `sum('a')`.",
    'They compute what DuckDB computes. Aggregates can be used over windows too, and take `filter (where ...)` and',
    '`distinct`. `cast`, `try_cast`, `case` and `between` are syntax and not listed. This list is made from the registry,',
    '`planner/functions/names.ts`.',
    '',
    ...sections,
  ].join('\n')
}

/** Padded, as the formatter writes tables. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)))
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  const [titles, ...body] = rows
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}

function code(name: string): string {
  return `\`${escapeCell(name)}\``
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}

it('docs/functions.md lists every function', async () => {
  const expected = render()
  if (process.env.UPDATE_DOCS === '1') await writeFile(DOCUMENT, expected)
  expect(await readFile(DOCUMENT, 'utf8')).toBe(expected)
})
