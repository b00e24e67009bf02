/**
 * `npm run demo`: one real run of the command line on the shipped orders, with everything it prints.
 *
 * The revenue of delivered orders by country and category, from one Parquet file to another.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = fileURLToPath(new URL('../engine/cli/main.js', import.meta.url))
const OUTPUT = 'demo-output.parquet'

const steps: readonly (readonly string[])[] = [
  [
    'transform',
    'data-fixtures/orders.parquet',
    OUTPUT,
    '--where',
    "status = 'delivered' and quantity >= 2",
    '--with',
    'total = quantity * unit_price',
    '--group-by',
    'country, category',
    '--agg',
    'orders=count(*)',
    '--agg',
    'revenue=sum(total)',
    '--agg',
    'last_order=max(ordered_at)',
    '--sort',
    'revenue desc',
    '--overwrite',
    '--progress',
  ],
  ['sql', `select * from '${OUTPUT}' limit 8`],
]

for (const step of steps) {
  process.stdout.write(`\n$ volley ${step.map(quoteWord).join(' ')}\n\n`)
  const { status } = spawnSync(process.execPath, [program, ...step], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
process.stdout.write(`\nWrote ${OUTPUT}. Try: npx volley inspect ${OUTPUT}\n`)

function quoteWord(word: string): string {
  return /^[\w./,=-]+$/.test(word) ? word : `"${word}"`
}
