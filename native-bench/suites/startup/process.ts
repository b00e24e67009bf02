/**
 * The process of a measurement of the startup suite. Its only argument is a `Request`; it prints `Timings`, or the rows of
 * the query as CSV, or nothing. It ends by itself, as a program of a user would.
 */

import { PACKAGES } from './packages.js'
import type { Request, Timings } from './work.js'

const boot = performance.now()
const request = JSON.parse(process.argv[2]) as Request

function print(timings: Timings): void {
  process.stdout.write(JSON.stringify(timings))
}

const loaded = await PACKAGES[request.package]()
const imported = performance.now()
if (request.work === 'import') {
  print({ boot, import: imported - boot, open: null, query: null, lines: [] })
} else {
  if (loaded === null) throw new Error(`${request.package} is only loaded, not asked for '${request.work}'`)
  const engine = await loaded.open(request)
  const opened = performance.now()
  if (request.work === 'transform') await engine.transform(request.output)
  else {
    const csv = await engine.query()
    const done = performance.now()
    const lines = await csv()
    if (request.work === 'query') process.stdout.write(`${lines.join('\n')}\n`)
    else {
      print({ boot, import: imported - boot, open: opened - imported, query: done - opened, lines })
    }
  }
  await engine.close()
}
