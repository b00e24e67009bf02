import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { ORDERS, volley } from '../../support/cli.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 1 })
const input = scene.path('input.parquet')

const INDEX = new URL('../../../index.js', import.meta.url).href
/** A process that does not end by itself is killed after this. */
const PATIENCE_MS = 60_000

interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Runs a script to its end; it must end by itself. `frame` and `schema` are given. */
function script(body: string): Promise<Ended> {
  const text = `import { open } from ${JSON.stringify(INDEX)}
    const engine = await open({ threads: 2 })
    const frame = engine.scanParquet(${JSON.stringify(input)})
    const schema = { i: 'int64', text: 'utf8' }
    const faulty = (name) => frame.mapBatches({ module: ${JSON.stringify(modulePath('faulty.mjs'))}, function: name }, { schema })
    const codeOf = (promise) => promise.then(() => 'fine', (error) => error.code)
    ${body}`
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', text], { timeout: PATIENCE_MS })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => {
        output += more
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: output.trim() }))
  })
}

beforeAll(async () => {
  await duckdbRun(`copy (select i, md5(i::varchar) as text from range(20000) t(i)) to '${input}' (row_group_size 2048)`)
})

describe('a process', () => {
  const bodies: Record<string, readonly [string, string]> = {
    'after a run, without closing': [`console.log(await frame.count())`, '20000'],
    'after a worker died': [`console.log(await codeOf(faulty('exits').collect()))`, 'VOLLEY_WORKER_DIED'],
    'after an abort': [
      `console.log(await codeOf(faulty('neverSettles').collect({ signal: AbortSignal.timeout(100) })))`,
      'VOLLEY_ABORTED',
    ],
    'after leaving a stream': [
      `for await (const batch of frame.stream()) { console.log(batch.numRows); break }`,
      '2048',
    ],
    'after closing during a call that never returns': [
      `const stuck = codeOf(faulty('neverReturns').collect()); setTimeout(() => engine.close(), 300); console.log(await stuck)`,
      'VOLLEY_CLOSED',
    ],
  }

  it.each(Object.keys(bodies))('ends by itself: %s', async (name) => {
    const [body, expected] = bodies[name]
    expect(await script(body)).toEqual({ code: 0, output: expected })
  })

  it('fails as Node does when nobody catches an error', async () => {
    const { code, output } = await script(`await frame.filter('nope = 1').collect()`)
    expect(code).toBe(1)
    expect(output).toContain(`code: 'VOLLEY_UNKNOWN_COLUMN'`)
  })
})

describe('the command line', () => {
  /** Arguments that fail, and the code of the error. */
  const commands: Record<string, () => readonly [readonly string[], string]> = {
    'a corrupt page': () => {
      const bytes = readFileSync(ORDERS)
      bytes.fill(0xee, 4, 60)
      writeFileSync(scene.path('corrupt.parquet'), bytes)
      return [['transform', scene.path('corrupt.parquet'), scene.path('out.parquet')], 'VOLLEY_CORRUPT_FILE']
    },
    'an overflow': () => [
      ['transform', input, scene.path('out.ndjson'), '--with', 'n=i + 9223372036854775807'],
      'VOLLEY_OVERFLOW',
    ],
    'too little memory': () => [
      [
        'transform',
        ...Array<string>(20).fill(ORDERS),
        scene.path('out.parquet'),
        '--sort',
        'note',
        '--memory-limit',
        '20MB',
      ],
      'VOLLEY_MEMORY_LIMIT',
    ],
  }

  it.each(Object.keys(commands))('ends with code 1, one message and no output: %s', async (name) => {
    const [words, expected] = commands[name]()
    const files = scene.files()
    const { code, stdout, stderr } = await volley(words)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^error: [^\\n]+\\[${expected}\\]\\n`))
    expect(stderr).not.toContain('    at ')
    expect(scene.files()).toEqual(files)
  })
})
