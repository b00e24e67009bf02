import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { copyFile, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inTemporaryDirectory, ORDERS, PROGRAM, volley, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

/** Enough input that a run is still under way when its first progress is seen. */
const MANY_TIMES = 200

describe('failures of the command line', () => {
  it('gives wrong usage exit code 2, a message and a hint', async () => {
    const { code, stdout, stderr } = await volley(['transform', 'a.parquet', 'b.parquet', '--wher', 'x'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe('volley transform: unknown option --wher\nDid you mean --where?\n')
  })

  it('refuses a name without a known format', async () => {
    const { code, stderr } = await volleyHere(['transform', ORDERS, 'out.parqet'])
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean .parquet?')
  })

  it('names the nearest column', async () => {
    await inTemporaryDirectory(async (directory) => {
      const { code, stderr } = await volleyHere([
        'transform',
        ORDERS,
        join(directory, 'o.parquet'),
        '--where',
        'countri = 1',
      ])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: .*countri.*country.*\[VOLLEY_UNKNOWN_COLUMN\]/)
      expect(await readdir(directory)).toEqual([])
    })
  })

  it('marks the place in the SQL text, and hints at the order of options', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'o.parquet')
      const parse = await volleyHere(['transform', ORDERS, output, '--where', 'quantity > > 3'])
      expect(parse.stderr).toContain('[VOLLEY_PARSE]\n  quantity > > 3\n             ^\n')
      const early = await volleyHere(['transform', ORDERS, output, '--where', 'total > 1', '--with', 'total=quantity'])
      expect(early.stderr).toContain('--where sees the columns of the --with options written before it')
    })
  })

  it('prints a failure as JSON too', async () => {
    await inTemporaryDirectory(async (directory) => {
      const missing = join(directory, 'missing.parquet')
      const { code, stdout, stderr } = await volley(['transform', missing, join(directory, 'o.parquet'), '--json'])
      expect(code).toBe(1)
      expect(stderr).toContain('missing.parquet')
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string; details: object } }
      expect(error.code).toBe('VOLLEY_FILE_NOT_FOUND')
      expect(error.message).toContain('missing.parquet')
      expect(error.details).toBeDefined()
    })
  })

  it('prints wrong usage as JSON too', async () => {
    const { code, stdout } = await volleyHere(['sql', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'VOLLEY_USAGE' } })
  })

  // Linux has a file that is always full.
  const itWhereFull = existsSync('/dev/full') ? it : it.skip
  itWhereFull('tells that standard output takes nothing', () => {
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'inspect', ORDERS, '--json'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: cannot write standard output: no space left on the device \[VOLLEY_DISK_FULL\]\n/)
  })

  it('tells what is no Parquet file, and what is cut short', async () => {
    await inTemporaryDirectory(async (directory) => {
      const [text, cut] = [join(directory, 'text.parquet'), join(directory, 'cut.parquet')]
      await writeFile(text, 'order_id,customer\n1,Ada\n')
      await copyFile(ORDERS, cut)
      await truncate(cut, 400_000)
      for (const [path, code] of [
        [text, 'VOLLEY_NOT_PARQUET'],
        [cut, 'VOLLEY_TRUNCATED_FILE'],
      ]) {
        for (const words of [
          ['transform', path, join(directory, 'out.parquet')],
          ['inspect', path],
        ]) {
          const finished = await volleyHere(words)
          expect(finished.code).toBe(1)
          expect(finished.stderr).toContain(code)
        }
      }
      expect((await readdir(directory)).sort()).toEqual(['cut.parquet', 'text.parquet'])
    })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind after %s', async (signal) => {
    await inTemporaryDirectory(async (directory) => {
      const inputs = Array.from({ length: MANY_TIMES }, () => ORDERS)
      const words = [
        'transform',
        ...inputs,
        join(directory, 'out.parquet'),
        '--sort',
        'customer',
        '--progress',
        '--json',
      ]
      let sent = false
      const { code, stdout, stderr } = await volley(words, {
        onStderr: (_, kill) => {
          if (!sent) kill(signal)
          sent = true
        },
      })
      expect(code).toBe(130)
      expect(stderr).toContain('interrupted')
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'VOLLEY_ABORTED' } })
      expect(await readdir(directory)).toEqual([])
    })
  })
})
