/** The benchmark as it is called: its processes, files and exit codes. */

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TrialRequest } from '../../native-bench/trials/trial.js'
import { duckDbRows } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const MAIN = fileURLToPath(new URL('../../native-bench/main.js', import.meta.url))
const VOLLEY = fileURLToPath(new URL('../../engine/cli/main.js', import.meta.url))
const TRIAL = fileURLToPath(new URL('../../native-bench/trials/child.js', import.meta.url))
const directory = temporaryDirectory()

interface Call {
  readonly child: ChildProcess
  /** Of its standard error, so far. */
  readonly said: () => string
}

function call(...words: string[]): Call {
  return callOf(MAIN, words)
}

function callOf(program: string, words: readonly string[]): Call {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return { child, said: () => said }
}

async function ended({ child, said }: Call): Promise<{ code: number | null; said: string }> {
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said: said() }
}

describe('the benchmark', () => {
  it('goes on where it was killed, and names the versions of all that was measured', async () => {
    const output = join(directory, 'results.json')
    const words = ['counts', '--case', 'row,top', '--data', join(directory, 'data'), '--output', output]
    const killed = call(...words)
    killed.child.stderr!.on('data', () => {
      if (/counts top: \d/.test(killed.said())) killed.child.kill('SIGKILL')
    })
    expect((await ended(killed)).code).toBeNull()
    expect(existsSync(output)).toBe(false)
    const { code, said } = await ended(call(...words, '--resume'))
    expect(code).toBe(0)
    expect(said).toMatch(/counts top: measured before\n {2}counts row: \d/)
    const results = JSON.parse(readFileSync(output, 'utf8'))
    expect(results.suites[0].cases.map(({ name }: { name: string }) => name)).toEqual(['top', 'row'])
    expect(Object.keys(results.versions)).toEqual(['node', 'volley'])
    expect(existsSync(join(directory, 'results.html'))).toBe(true)
  })

  it('is interrupted as a command of volley, and says how it goes on', async () => {
    const words = ['bench', 'counts', '--data', join(directory, 'data'), '--output', join(directory, 'none.json')]
    const interrupted = callOf(VOLLEY, words)
    interrupted.child.stderr!.once('data', () => interrupted.child.kill('SIGINT'))
    const { code, said } = await ended(interrupted)
    expect(code).toBe(130)
    expect(said).toMatch(/\ninterrupted: the same call with --resume goes on\n$/)
    expect(existsSync(join(directory, 'none.json'))).toBe(false)
  })

  it('says before it measures where it could not write', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    const folder = join(directory, 'folder')
    mkdirSync(folder)
    const outcome = async (...words: string[]) => ended(call('counts', '--case', 'row', ...words))
    const results = await Promise.all([
      outcome('--output', join(file, 'results.json')),
      outcome('--output', folder),
      outcome('--output', join(directory, 'none.json'), '--data', join(file, 'data')),
    ])
    expect(results.map(({ code }) => code)).toEqual([1, 2, 1])
    const messages = [
      /^error: .*file cannot be written: .*\n$/,
      /folder is a directory; see --help\n$/,
      /^error: .*data cannot be written: .*\n$/,
    ]
    for (const [i, { said }] of results.entries()) expect(said).toMatch(messages[i])
  })
})

describe('a process of the benchmark', () => {
  it('ends when the benchmark has', async () => {
    const numbers = join(directory, 'numbers.parquet')
    await duckDbRows(`copy (select i as l_orderkey, i as l_quantity, 1.5 as l_extendedprice, 0.06 as l_discount
      from range(1000) t(i)) to '${numbers}'`)
    const request: TrialRequest = {
      contender: { label: 'duckdb', engine: 'duckdb', strategy: 'auto' },
      work: 'filter',
      inputs: { lineitem: [numbers] },
      consumer: 'stream',
      output: '',
      tempDirectory: directory,
      threads: 1,
      memoryLimit: null,
      runs: Number.MAX_SAFE_INTEGER,
    }
    const child = fork(TRIAL, [JSON.stringify(request)], { execArgv: ['--expose-gc'], stdio: 'ignore' })
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([1, null])
  })
})
