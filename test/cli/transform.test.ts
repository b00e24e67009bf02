import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { duckDbRows, inTemporaryDirectory, ORDERS, volley, volleyHere } from '../support/cli.js'
import { describe, expect, it } from '../support/jest.js'

/** Runs transform into `name` of a fresh directory, and reads what it wrote with DuckDB. */
const written = (name: string, ...options: string[]) => writtenBy(volleyHere, name, ...options)

async function writtenBy(run: typeof volleyHere, name: string, ...options: string[]): Promise<unknown[][]> {
  return inTemporaryDirectory(async (directory) => {
    const output = join(directory, name)
    const { code, stderr } = await run(['transform', ORDERS, output, '--threads', '2', ...options])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await readdir(directory)).toEqual([name])
    return duckDbRows(`from '${output}'`)
  })
}

describe('volley transform', () => {
  it('copies a file', async () => {
    expect(await writtenBy(volley, 'copy.parquet')).toEqual(await duckDbRows(`from '${ORDERS}'`))
  })

  it('filters, computes, renames and drops', async () => {
    const options = ['--where', "country = 'DE' and note is not null", '--with', 'total=quantity * unit_price']
    const rows = await written('some.parquet', ...options, '--rename', 'order_id=id', '--drop', 'product, category')
    expect(rows).toEqual(
      await duckDbRows(`select order_id as id, * exclude (order_id, product, category), quantity * unit_price as total
        from '${ORDERS}' where country = 'DE' and note is not null`),
    )
  })

  it('lets a where see the columns computed before it', async () => {
    const rows = await written(
      ...(['many.parquet', '--with', 'total=quantity * unit_price', '--where', 'total > 4000'] as const),
      ...['--select', 'order_id, total'],
    )
    expect(rows).toEqual(
      await duckDbRows(`select order_id, quantity * unit_price as total from '${ORDERS}' where total > 4000`),
    )
  })

  it('groups, sorts and limits', async () => {
    const rows = await written(
      ...(['groups.parquet', '--group-by', 'country, category', '--agg', 'n=count(*)'] as const),
      ...['--agg', 'revenue=sum(quantity * unit_price)', '--sort', 'revenue desc, country', '--limit', '7'],
    )
    expect(rows).toEqual(
      await duckDbRows(`select country, category, count(*) as n, sum(quantity * unit_price) as revenue from '${ORDERS}'
        group by all order by revenue desc, country limit 7`),
    )
  })

  it('sorts by a column that the selection leaves out', async () => {
    const rows = await written(
      ...(['sorted.parquet', '--select', 'customer', '--sort', 'shipped desc nulls first, order_id'] as const),
      ...['--limit', '50'],
    )
    expect(rows).toEqual(
      await duckDbRows(`select customer from '${ORDERS}' order by shipped desc nulls first, order_id limit 50`),
    )
  })

  it('compresses as asked', async () => {
    const rows = await written('packed.parquet', '--compression', 'zstd', '--limit', '1000')
    expect(rows).toEqual(await duckDbRows(`from '${ORDERS}' limit 1000`))
  })

  it('cuts row groups', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'cut.parquet')
      const { code } = await volleyHere(['transform', ORDERS, output, '--row-group-size', '20000'])
      expect(code).toBe(0)
      const groups = await duckDbRows(
        `select distinct row_group_id::integer, row_group_num_rows::integer from parquet_metadata('${output}') order by 1`,
      )
      expect(groups).toEqual([
        [0, 20_000],
        [1, 20_000],
        [2, 10_000],
      ])
    })
  })

  it('partitions into a directory', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'by-country')
      const { code } = await volleyHere(['transform', ORDERS, output, '--partition-by', 'country'])
      expect(code).toBe(0)
      expect((await readdir(output)).sort()[0]).toBe('country=BR')
      const count = `select country, count(*)::integer from`
      const rest = 'group by country order by country'
      expect(
        await duckDbRows(`${count} read_parquet('${output}/*/*.parquet', hive_partitioning = true) ${rest}`),
      ).toEqual(await duckDbRows(`${count} '${ORDERS}' ${rest}`))
    })
  })

  it.each(['rows.tsv.gz', 'rows.jsonl', 'rows.feather'])(
    'takes the format of %s from its name, out and in',
    async (name) => {
      await inTemporaryDirectory(async (directory) => {
        const [there, back] = [join(directory, name), join(directory, 'back.parquet')]
        expect((await volleyHere(['transform', ORDERS, there, '--where', "status = 'packed'"])).code).toBe(0)
        expect((await volleyHere(['transform', there, back])).code).toBe(0)
        expect(await duckDbRows(`select order_id::integer, customer, note from '${back}'`)).toEqual(
          await duckDbRows(`select order_id, customer, note from '${ORDERS}' where status = 'packed'`),
        )
      })
    },
  )

  it('reads several inputs as one table', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'both.csv')
      const inputs = [ORDERS, ORDERS]
      expect((await volleyHere(['transform', ...inputs, output, '--agg', 'n=count(*)'])).code).toBe(0)
      expect(await readFile(output, 'utf8')).toBe('n\n100000\n')
    })
  })

  it('prints before and after and the run report', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'out.parquet')
      const { stdout } = await volleyHere(['transform', ORDERS, output, '--where', "country = 'NO'"])
      const [[count]] = await duckDbRows(`select count(*)::integer from '${ORDERS}' where country = 'NO'`)
      expect(stdout).toMatch(new RegExp(`rows +50,000 +${Number(count).toLocaleString('en-US')} +\\d`))
      expect(stdout).toMatch(/columns +12 +12/)
      expect(stdout).toMatch(/took +\d/)
    })
  })

  it('prints the report alone with --json', async () => {
    await inTemporaryDirectory(async (directory) => {
      const words = ['transform', ORDERS, join(directory, 'out.parquet'), '--json', '--progress', '--limit', '10']
      const { code, stdout, stderr } = await volleyHere(words)
      expect(code).toBe(0)
      const report = JSON.parse(stdout) as Record<string, unknown>
      expect(report.rowsOut).toBe(10)
      expect(Object.keys(report)).toEqual(
        expect.arrayContaining([
          'rowsIn',
          'bytesRead',
          'bytesWritten',
          'durationMs',
          'peakRssBytes',
          'strategies',
          'phases',
        ]),
      )
      expect(stderr).toContain('rows/s')
    })
  })

  it('refuses an existing output, and replaces it when asked to', async () => {
    await inTemporaryDirectory(async (directory) => {
      const output = join(directory, 'out.csv')
      await writeFile(output, 'precious')
      const words = ['transform', ORDERS, output, '--select', 'order_id', '--limit', '1']
      const refused = await volleyHere(words)
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('VOLLEY_OUTPUT_EXISTS')
      expect(await readFile(output, 'utf8')).toBe('precious')
      expect((await volleyHere([...words, '--overwrite'])).code).toBe(0)
      expect(await readFile(output, 'utf8')).toBe('order_id\n100001\n')
      expect(await readdir(directory)).toEqual(['out.csv'])
    })
  })
})
