// Starts the API, loads from it, kills the job in the middle as a power cut would, lets it go on, and counts what is there.
//
//   node docs/examples/http-api/run.mjs [directory]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { open } from 'volley'
import { READINGS, startServer } from './server.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const program = fileURLToPath(new URL('../../../dist/engine/cli/main.js', import.meta.url))
const out = resolve(process.argv[2] ?? join(here, 'out'))
const job = `readings-${process.pid}`
const { server, url, answers } = await startServer()

/** `volley run`, as one would call it again and again until the job is done. */
function load() {
  const params = ['--param', `url=${url}`, '--param', `out=${out}`]
  const checkpoint = ['--checkpoint', job, '--checkpoint-every', '200ms', '--resume']
  const child = spawn(process.execPath, [program, 'run', here, ...params, ...checkpoint, '--json'], {
    env: { ...process.env, API_TOKEN: 'let-me-in' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let report = ''
  child.stdout.on('data', (text) => {
    report += text
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code, report })) }
}

try {
  const first = load()
  while ((answers[200] ?? 0) < 40 && first.child.exitCode === null) await sleep(10)
  first.child.kill('SIGKILL')
  await first.ended
  const before = answers[200]
  console.log(`killed after ${before} pages`)

  const { code, report } = await load().ended
  if (code !== 0) throw new Error(`the job ended with exit code ${code}: ${report}`)
  const { checkpoint, stages } = JSON.parse(report)
  console.log(
    `resumed: ${checkpoint.resumed}, ${stages.at(-1).rowsIn} rows in all, ${answers[200] - before} pages more`,
  )
  console.log(
    `answers: ${Object.entries(answers)
      .map(([status, times]) => `${times} of ${status}`)
      .join(', ')}`,
  )

  const engine = await open()
  const counts = engine
    .scanParquet(join(out, 'readings'))
    .groupBy()
    .agg({ rows: 'count(*)', different: 'count(distinct id)', warmest: 'max(celsius)' })
  for await (const { rows, different, warmest } of counts.rows()) {
    console.log(`${rows} of ${READINGS} readings, ${different} of them different; the warmest: ${warmest} degrees`)
  }
  await engine.close()
} finally {
  server.close()
  server.closeAllConnections()
  await rm(join(here, '.volley', 'checkpoints', job), { recursive: true, force: true })
}
