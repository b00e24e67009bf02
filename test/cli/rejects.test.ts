import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { duckDbRows, inTemporaryDirectory, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

const LINES = ['id,amount', ...Array.from({ length: 200 }, (_, i) => `${i},${i % 50 === 7 ? 'none' : i * 2}`)]
const NUMBER = ['--with', 'amount=amount::integer']

/** Runs a command on a file with some amounts that are no numbers; `use` sees the directory afterwards. */
async function onLines<T>(
  words: (directory: string) => readonly string[],
  use: (directory: string, result: Awaited<ReturnType<typeof volleyHere>>) => Promise<T>,
): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, 'in.csv'), `${LINES.join('\n')}\n`)
    return use(directory, await volleyHere(words(directory), { cwd: directory }))
  })
}

describe('--rejects', () => {
  it('leaves out what cannot be processed and writes it down', async () => {
    const words = () => ['transform', 'in.csv', 'out.parquet', ...NUMBER, '--rejects', 'bad.csv', '--json']
    await onLines(words, async (directory, { code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({ rowsOut: 196, rejected: 4, retries: 0 })
      expect((await readdir(directory)).sort()).toEqual(['bad.csv', 'in.csv', 'out.parquet'])
      const rows = await duckDbRows(`select record, row, step, code from '${join(directory, 'bad.csv')}'`)
      expect(rows).toEqual(
        [7, 57, 107, 157].map((row) => [
          `{"id":${row},"amount":"none"}`,
          String(row),
          'project: CAST(amount AS INTEGER)',
          'VOLLEY_CAST',
        ]),
      )
      const [[sum]] = await duckDbRows(`select sum(amount)::integer from '${join(directory, 'out.parquet')}'`)
      expect(sum).toBe(199 * 200 - 2 * (7 + 57 + 107 + 157))
    })
  })

  it('is told of in the summary, also if there was nothing to reject', async () => {
    const words = () => ['transform', 'in.csv', 'out.csv', '--rejects', 'bad.parquet']
    await onLines(words, async (directory, { code, stdout }) => {
      expect([code, stdout]).toEqual([0, expect.stringContaining('rejected 0 rows → bad.parquet')])
      expect(await duckDbRows(`select count(*)::integer from '${join(directory, 'bad.parquet')}'`)).toEqual([[0]])
    })
  })

  it('keeps the file of a run that has rejected too many', async () => {
    const words = () => [
      ...['sql', "select id, amount::integer as n from 'in.csv'", 'out.ndjson', '--rejects', 'bad.ndjson'],
      ...['--max-rejects', '2'],
    ]
    await onLines(words, async (directory, { code, stderr }) => {
      expect([code, stderr]).toEqual([1, expect.stringContaining('[VOLLEY_TOO_MANY_REJECTS]')])
      expect((await readdir(directory)).sort()).toEqual(['bad.ndjson', 'in.csv'])
      expect((await readFile(join(directory, 'bad.ndjson'), 'utf8')).trim().split('\n').length).toBe(2)
    })
  })

  it('leaves no file of a run that failed otherwise', async () => {
    const words = () => ['sql', "select nothing from 'in.csv'", '--rejects', 'bad.csv']
    await onLines(words, async (directory, { code, stderr }) => {
      expect([code, stderr]).toEqual([1, expect.stringContaining('[VOLLEY_UNKNOWN_COLUMN]')])
      expect(await readdir(directory)).toEqual(['in.csv'])
    })
  })

  it('refuses files that are there, and the output itself', async () => {
    const there = () => ['transform', 'in.csv', 'out.parquet', ...NUMBER, '--rejects', 'in.csv']
    await onLines(there, async (directory, { code, stderr }) => {
      expect([code, stderr]).toEqual([1, expect.stringContaining('[VOLLEY_OUTPUT_EXISTS]')])
      expect(await readdir(directory)).toEqual(['in.csv'])
    })
    const same = () => ['transform', 'in.csv', 'out.parquet', '--rejects', './out.parquet']
    await onLines(same, async (_, { code, stderr }) => {
      expect([code, stderr]).toEqual([2, expect.stringContaining('the same file')])
    })
  })
})

describe('--retries', () => {
  it('is taken by commands that run', async () => {
    const words = () => ['transform', 'in.csv', 'out.parquet', '--retries', '2', '--json']
    await onLines(words, async (_, { code, stdout }) => {
      expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ retries: 0, rowsOut: 200 })])
    })
  })
})
