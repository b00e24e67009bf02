import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Frame } from '../../../index.js'
import { PROGRAM } from '../../support/cli.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const input = scene.path('input.parquet')
const table = () => scene.engine.scanParquet(input)

/** The sinks, with options that make them write early and much. */
const sinks = {
  parquet: (frame: Frame, path: string) => frame.sinkParquet(path, { rowGroupSize: 2000, compression: 'none' }),
  'partitioned parquet': (frame: Frame, path: string) =>
    frame.sinkParquet(path, { partitionBy: ['part'], rowGroupSize: 2000, compression: 'none' }),
  arrow: (frame: Frame, path: string) => frame.sinkArrow(path),
  csv: (frame: Frame, path: string) => frame.sinkCsv(path),
  ndjson: (frame: Frame, path: string) => frame.sinkNdjson(path),
}
type SinkName = keyof typeof sinks
const names = Object.keys(sinks) as SinkName[]

beforeAll(async () => {
  await duckdbRun(`copy (select i, i % 3 as part, md5(i::varchar) as text from range(40000) t(i))
    to '${input}' (row_group_size 4096)`)
})

describe('an output that exists', () => {
  it.each(names)('is refused and stays as it was: %s', async (name) => {
    const path = scene.path(`exists-${name}`)
    if (name === 'partitioned parquet') {
      mkdirSync(path)
      writeFileSync(join(path, 'kept.txt'), 'kept')
    } else writeFileSync(path, 'kept')
    const error = await scene.fails('VOLLEY_OUTPUT_EXISTS', () => sinks[name](table(), path))
    expect(error.message).toContain(path)
    expect(error.details.path).toBe(path)
  })
})

describe('an output that cannot be written', () => {
  it.each(names.filter((name) => name !== 'partitioned parquet'))('needs a directory: %s', async (name) => {
    const path = scene.path('no-such-directory/out')
    const error = await scene.fails('VOLLEY_IO', () => sinks[name](table(), path))
    expect(error.message).toContain('directory does not exist')
  })

  it.each(names)('vanishes when the run fails in its middle: %s', async (name) => {
    const failing = table().withColumns({ i: 'if(i = 30000, i + 9223372036854775807, i)' })
    await scene.fails('VOLLEY_OVERFLOW', () => sinks[name](failing, scene.path('out')))
  })

  it.each(names)('vanishes when a function in a worker fails: %s', async (name) => {
    const schema = { i: 'int64', part: 'int64', text: 'utf8' }
    const throwsAtRow = { module: modulePath('faulty.mjs'), function: 'throwsAtRow', kwargs: { id: 35_000n } }
    const mapped = table().withColumns({ id: 'i' }).mapRows(throwsAtRow, { schema })
    await scene.fails('VOLLEY_USER_FUNCTION', () => sinks[name](mapped, scene.path('out')))
  })
})

/** A file system too small for the outputs, or null where this process may not mount one. */
function mountSmall(): string | null {
  const directory = scene.path('small')
  mkdirSync(directory)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory])
  return mounted.status === 0 ? directory : null
}

const small = mountSmall()

describe('a full disk', () => {
  afterAll(() => {
    if (small !== null) spawnSync('umount', [small])
  })
  const test = small === null ? it.skip : it

  test.each(names)('ends the run and leaves nothing on it (needs the right to mount): %s', async (name) => {
    const path = join(small as string, 'out')
    const error = await scene.fails('VOLLEY_DISK_FULL', () => sinks[name](table(), path))
    expect(error.message).toContain('no space left')
    expect(error.message).toContain(path)
    expect(readdirSync(small as string)).toEqual([])
  })

  test('ends the command with code 1 (needs the right to mount)', async () => {
    const { code, stderr } = await limited(['transform', input, join(small as string, 'out.csv')], 'unlimited')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: cannot write .*out\.csv: no space left .*\[VOLLEY_DISK_FULL\]/)
    expect(readdirSync(small as string)).toEqual([])
  })
})

describe('a limit on the size of files', () => {
  it.each(['out.csv', 'out.parquet'])('ends the command with code 1: %s', async (name) => {
    const files = scene.files()
    const { code, stderr } = await limited(['transform', input, scene.path(name)], '64')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: cannot write .*larger than allowed.*\[VOLLEY_IO\]/)
    expect(scene.files()).toEqual(files)
  })
})

/** Runs the command line with files of at most so many KiB. */
function limited(words: readonly string[], kibibytes: string): Promise<{ code: number | null; stderr: string }> {
  const script = `ulimit -f ${kibibytes} && exec "$@"`
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, PROGRAM, ...words])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stderr }))
  })
}
