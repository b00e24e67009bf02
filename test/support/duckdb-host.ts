/** A host of DuckDB on a directory of its own, and what must hold after everything that goes wrong with it. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDbHost, type DuckDbHostOptions } from '../../engine/duckdb/host.js'
import { SharedMemory } from '../../engine/memory/shared-memory.js'
import { releaseBatch } from '../../io/block-sharing.js'
import { field, INT64, type Schema, schemaOf } from '../../planner/types.js'
import { expect } from './jest.js'

export const OWNER = 9
export const NUMBERS = schemaOf([field('i', INT64)])
/** Rows come at once, and would go on for hours. */
export const ENDLESS = 'select i from range(1000000000000) t(i)'
/** No row comes before hours are over. */
export const SLOW = 'select sum(hash(i) % 7)::bigint as i from range(1000000000000) t(i)'

export class HostScene {
  readonly memory = SharedMemory.create(256 << 20)
  readonly directory = mkdtempSync(join(tmpdir(), 'volley-host-'))
  private readonly blocks = this.memory.statistics().blocks

  open(options: Partial<DuckDbHostOptions> = {}): Promise<DuckDbHost> {
    return DuckDbHost.open(this.memory, {
      memoryLimitBytes: 100e6,
      threads: 1,
      tempDirectory: this.directory,
      ...options,
    })
  }

  /** Opens a host for `work`, checks afterwards that it still works, and closes it. */
  async with(options: Partial<DuckDbHostOptions>, work: (host: DuckDbHost) => Promise<void>): Promise<void> {
    const host = await this.open(options)
    try {
      await work(host)
      expect(await this.drain(host, 'select i from range(5000) t(i)')).toBe(5000)
    } finally {
      await host.close()
    }
    this.expectNothingLeft()
  }

  /** Rows of a result; `onBatch` is called after each batch. */
  async drain(
    host: DuckDbHost,
    sql: string,
    onBatch: (rows: number) => unknown = () => {},
    schema: Schema = NUMBERS,
  ): Promise<number> {
    let rows = 0
    for await (const batch of host.query(sql, schema, { owner: OWNER, batchRows: 2048 })) {
      rows += batch.length
      releaseBatch(this.memory, batch)
      await onBatch(rows)
    }
    return rows
  }

  expectNothingLeft(): void {
    expect(readdirSync(this.directory)).toEqual([])
    expect(this.memory.statistics().blocks).toBe(this.blocks)
  }

  remove(): void {
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true, force: true })
  }
}
