import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { decimal, field, INT64, schemaOf, UTF8 } from '../../../planner/types.js'
import { HostScene, NUMBERS, OWNER } from '../../support/duckdb-host.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'
import { failure } from '../../support/scene.js'

const scene = new HostScene()
afterAll(() => scene.remove())

/** A join of two million rows with a build side that is larger than 60 MB: it has to spill. */
const SPILLING_JOIN = `select a.i from range(3000000) a(i)
  join (select i, hash(i)::varchar || 'aaaaaaaaaaaaaaaaaaaaaa' as s from range(2000000) t(i)) b on a.i = b.i
  where length(s) > 3`

describe('memory that runs out', () => {
  it('before the first row', async () => {
    await scene.with({ memoryLimitBytes: 50e6 }, async (host) => {
      const error = await failure(() => scene.drain(host, 'select len(list(i)) as i from range(30000000) t(i)'))
      expect(error.code).toBe('VOLLEY_MEMORY_LIMIT')
      expect(error.message).toMatch(/failed to allocate data of size .* used\)$/)
    })
  })

  it('in the middle of a result, which then looks as if it had ended', async () => {
    await scene.with({ memoryLimitBytes: 60e6 }, async (host) => {
      // A list cannot be spilled: while someone reads from it, its memory is gone.
      const list = host.query('select unnest(l) as i from (select list(i) as l from range(1000000) t(i))', NUMBERS, {
        owner: OWNER,
        batchRows: 64,
      })
      let returned = 0
      const error = await failure(() =>
        scene.drain(host, SPILLING_JOIN, async (rows) => {
          if (returned === 0) {
            await list.next()
            await narrow((bytes) => host.setMemoryLimit(bytes))
          }
          returned = rows
        }),
      )
      expect(error.code).toBe('VOLLEY_MEMORY_LIMIT')
      expect(error.message).toMatch(/could not allocate block of size|ran out of memory/)
      expect(returned).toBeGreaterThan(0)
      expect(returned).toBeLessThan(2_000_000)
      await list.return(undefined)
      scene.memory.releaseOwner(OWNER)
    })
  })

  it('while batches are appended: the table takes no more, others do', async () => {
    // Nothing can be spilled.
    await scene.with({ memoryLimitBytes: 20e6, maxTempBytes: 1e6 }, async (host) => {
      const values = Array.from({ length: 20_000 }, (_, i) => BigInt(i))
      const column = vectorFromValues(INT64, values, scene.memory.views, scene.memory.allocate)
      const batch = { schema: NUMBERS, length: column.length, columns: [column] }
      await host.createTable('big', NUMBERS)
      await host.createTable('small', NUMBERS)
      await host.append('small', batch)
      const error = await failure(async () => {
        for (let i = 0; i < 500; i++) await host.append('big', batch)
      })
      expect(error.code).toMatch(/^VOLLEY_(MEMORY_LIMIT|DISK_FULL)$/)
      expect((await failure(() => host.append('big', batch))).message).toBe(error.message)
      await host.dropTable('big')
      await host.append('small', batch)
      expect(await scene.drain(host, 'from small')).toBe(40_000)
      scene.memory.release(column.blocks[0])
    })
  })
})

/** Lowers the limit as far as it goes. */
async function narrow(setLimit: (bytes: number) => Promise<void>): Promise<void> {
  for (let bytes = 58e6; bytes > 10e6; bytes -= 1e6) {
    try {
      await setLimit(bytes)
    } catch {
      return
    }
  }
}

describe('a temporary directory that is full', () => {
  it('by its limit, before the first row', async () => {
    await scene.with({ memoryLimitBytes: 40e6, maxTempBytes: 10e6 }, async (host) => {
      const sql =
        'select i from (select i, hash(i)::varchar || hash(-i)::varchar as s from range(3000000) t(i) order by s)'
      const error = await failure(() => scene.drain(host, sql))
      expect(error.code).toBe('VOLLEY_DISK_FULL')
      expect(error.message).toContain('failed to offload data block')
    })
  })

  it('by its limit, in the middle of a result', async () => {
    await scene.with({ memoryLimitBytes: 60e6, maxTempBytes: 60e6 }, async (host) => {
      let returned = 0
      const error = await failure(() =>
        scene.drain(host, SPILLING_JOIN, async (rows) => {
          if (returned === 0) await failure(() => fill((sql) => host.execute(sql)))
          returned = rows
        }),
      )
      expect(error.code).toBe('VOLLEY_DISK_FULL')
      expect(returned).toBeGreaterThan(0)
      expect(returned).toBeLessThan(2_000_000)
    })
  })

  const small = mountSmall()
  const test = small === null ? it.skip : it
  afterAll(() => {
    if (small === null) return
    spawnSync('umount', [small])
    rmSync(small, { recursive: true })
  })

  test('by its device (needs the right to mount)', async () => {
    await scene.with({ memoryLimitBytes: 40e6, tempDirectory: small as string }, async (host) => {
      const sql =
        'select i from (select i, hash(i)::varchar || hash(-i)::varchar as s from range(3000000) t(i) order by s)'
      expect((await failure(() => scene.drain(host, sql))).code).toBe('VOLLEY_DISK_FULL')
    })
  })

  it('from the start, or not a directory', async () => {
    const path = join(scene.directory, 'file')
    writeFileSync(path, '')
    expect((await failure(() => scene.open({ tempDirectory: path }))).code).toBe('VOLLEY_IO')
    rmSync(path)
  })
})

/** Fills memory and the temporary directory until nothing more fits. */
async function fill(execute: (sql: string) => Promise<void>): Promise<void> {
  for (let i = 0; i < 100; i++) await execute(`create table filler${i} as select hash(i) as h from range(500000) t(i)`)
}

/** A file system too small to spill to, or null where this process may not mount one. */
function mountSmall(): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'volley-small-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory])
  if (status === 0) return directory
  rmSync(directory, { recursive: true })
  return null
}

describe('errors of data have the codes that volley has for them', () => {
  it.each([
    [
      'select (9223372036854775807::bigint + i) as i from range(200000) t(i)',
      'VOLLEY_OVERFLOW',
      /Overflow in addition/,
    ],
    ["select (case when i = 150000 then 'x' else '1' end)::bigint as i from range(200000) t(i)", 'VOLLEY_CAST', /'x'/],
    ['select (i * 1000)::tinyint::bigint as i from range(10) t(i)', 'VOLLEY_CAST', /out of range/],
    ['select sqrt(-i)::bigint as i from range(10) t(i)', 'VOLLEY_INVALID_ARGUMENT', /square root/],
    [
      "select year(date '2000-01-01' + interval (i * 10000) year) as i from range(100) t(i)",
      'VOLLEY_OVERFLOW',
      /range/,
    ],
    ['selec 1', 'VOLLEY_PARSE', /syntax error/],
    ['select nothing as i', 'VOLLEY_TYPE_MISMATCH', /nothing/],
    ['from nowhere', 'VOLLEY_UNKNOWN_TABLE', /nowhere/],
    ["from read_parquet('nowhere.parquet')", 'VOLLEY_FILE_NOT_FOUND', /nowhere\.parquet/],
    ["copy (select 1) to 'nowhere/x.parquet'", 'VOLLEY_FILE_NOT_FOUND', /nowhere/],
  ])('%s', async (sql, code, message) => {
    await scene.with({}, async (host) => {
      const error = await failure(() => (sql.startsWith('copy') ? host.execute(sql) : scene.drain(host, sql)))
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)])
      expect(error.message).not.toContain('exception_type')
      expect(error.details.sql).toBe(sql)
    })
  })

  it('a file that is no Parquet file', async () => {
    await scene.with({}, async (host) => {
      const path = join(scene.directory, 'x.parquet')
      writeFileSync(path, 'this is not what it seems to be')
      const error = await failure(() => scene.drain(host, `from read_parquet('${path}')`))
      expect(error.code).toBe('VOLLEY_NOT_PARQUET')
      rmSync(path)
    })
  })

  it('tables that do not fit', async () => {
    await scene.with({}, async (host) => {
      const twice = schemaOf([field('a', INT64), field('A', INT64)])
      expect((await failure(() => host.createTable('t', twice))).message).toContain('already exists')
      await host.createTable('t', schemaOf([field('a', UTF8)]))
      const column = vectorFromValues(decimal(4, 1), [1n], scene.memory.views, scene.memory.allocate)
      const batch = { schema: NUMBERS, length: 1, columns: [column] }
      await expect(host.append('t', batch)).rejects.toThrow(
        'column a of a batch for t is DECIMAL(4,1) instead of VARCHAR',
      )
      await expect(host.append('none', batch)).rejects.toThrow('there is no table none')
      scene.memory.release(column.blocks[0])
    })
  })
})
