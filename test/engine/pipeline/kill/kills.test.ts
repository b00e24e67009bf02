/**
 * Jobs that are killed at any moment and resumed have the output of one that was left alone. `npm run test:kills` kills at
 * least 200 times; otherwise it is a few, with the same seeds.
 */

import { existsSync, readdirSync } from 'node:fs'
import sqlite from 'node-sqlite3-wasm'
import type { PipelineSpecification } from '../../../../planner/pipeline/specification.js'
import { describe, expect, it } from '../../../support/jest.js'
import { randomOf, runKilled } from '../../../support/kills.js'
import { query, StreamScene } from '../../../support/streaming.js'

const ASKED = Number(process.env.VOLLEY_TEST_KILLS ?? 0)
const IS_FULL = ASKED > 0
/** Of each pipeline. */
const LEAST_KILLS = IS_FULL ? ASKED : 4
const MOST_KILLS_OF_A_JOB = IS_FULL ? 14 : 4
const ROWS = IS_FULL ? 40_000 : 12_000

interface Case {
  readonly name: string
  /** Longer than a job takes to begin, shorter than it takes to end. */
  readonly withinMs: number
  /** Batches between checkpoints. */
  readonly every: number
  readonly specification: (out: string) => PipelineSpecification
  /** Its rows, whatever their order. */
  readonly read: (scene: StreamScene, out: string) => Promise<unknown>
}

const toParquet: Case = {
  name: 'from a file to Parquet',
  withinMs: 1200,
  every: 2,
  specification: (out) => ({
    batchSize: 256,
    stages: [
      { id: 'orders', source: 'orders.parquet' },
      {
        id: 'clean',
        kind: 'processor',
        from: 'orders',
        queue: 1,
        transform: { filter: 'customer <> 3', add: { double: { expression: 'amount * 2' } } },
      },
      { id: 'load', from: 'clean', queue: 1, target: `${out}.parquet` },
    ],
  }),
  read: (scene, out) => query(`select * from '${scene.path(`${out}.parquet`)}' order by all`),
}

const joined: Case = {
  name: 'with an accumulator and a join, to partitions and lines',
  withinMs: 1500,
  every: 2,
  specification: (out) => ({
    batchSize: 256,
    stages: [
      { id: 'orders', source: 'orders.parquet' },
      { id: 'customers', source: 'customers.csv' },
      { id: 'gathered', kind: 'accumulator', from: 'orders', key: 'customer', rows: 700, queue: 1 },
      {
        id: 'titled',
        kind: 'processor',
        from: 'gathered',
        tables: { customers: 'customers' },
        transform: { sql: 'select o.*, c.title from input o join customers c on o.customer = c.customer' },
        routes: { even: 'id % 2 = 0' },
      },
      {
        id: 'odd',
        from: 'titled',
        target: { path: `${out}-odd`, options: { partitionBy: ['title'] }, format: 'parquet' },
      },
      { id: 'even', from: 'titled.even', target: `${out}-even.ndjson` },
    ],
  }),
  read: async (scene, out) => [
    await query(`select id, title from read_parquet('${scene.path(`${out}-odd`)}/*/*.parquet') order by id`),
    await query(`select id, title from '${scene.path(`${out}-even.ndjson`)}' order by id`),
  ],
}

const toDatabase: Case = {
  name: 'into two databases and a file',
  withinMs: 2500,
  every: 8,
  specification: (out) => ({
    batchSize: 256,
    stages: [
      { id: 'orders', source: 'orders.parquet' },
      {
        id: 'load',
        queue: 1,
        from: 'orders',
        target: { type: 'duckdb', connection: `${out}.duckdb`, table: 'orders', mode: 'append', create: true },
      },
      {
        id: 'second',
        from: 'orders',
        target: { type: 'sqlite', connection: `${out}.sqlite`, table: 'orders', mode: 'append', create: true },
      },
      { id: 'copy', from: 'orders', target: `${out}-copy.csv` },
    ],
  }),
  read: async (scene, out) => [
    await query('select * from orders order by all', scene.path(`${out}.duckdb`)),
    sqliteRows(scene.path(`${out}.sqlite`)),
    await query(`select * from '${scene.path(`${out}-copy.csv`)}' order by all`),
  ],
}

const breakers: Case = {
  name: 'with a sort, a join and groups, in generations, to Parquet and databases',
  withinMs: 2500,
  every: 0,
  specification: (out) => ({
    mode: 'full',
    batchSize: 1024,
    stages: [
      { id: 'orders', source: 'orders.parquet' },
      { id: 'customers', source: 'customers.csv' },
      { id: 'sorted', kind: 'processor', from: 'orders', transform: { sort: ['amount desc', 'id'] } },
      {
        id: 'titled',
        kind: 'processor',
        from: 'sorted',
        tables: { customers: 'customers' },
        transform: {
          sql: 'select o.*, c.title from input o join customers c on o.customer = c.customer order by o.id',
        },
        routes: { even: 'id % 2 = 0' },
      },
      {
        id: 'totals',
        kind: 'processor',
        from: 'titled',
        transform: {
          sql: 'select title, sum(amount) as total, count(*) as n from input group by title order by title',
        },
      },
      { id: 'file', from: 'totals', target: `${out}.parquet` },
      {
        id: 'parts',
        from: 'titled.even',
        target: { path: `${out}-even`, options: { partitionBy: ['title'] }, format: 'parquet' },
      },
      {
        id: 'new',
        from: 'titled.even',
        target: { type: 'sqlite', connection: `${out}.sqlite`, table: 'orders', mode: 'fail', create: true },
      },
      {
        id: 'appended',
        from: 'sorted',
        target: { type: 'duckdb', connection: `${out}.duckdb`, table: 'orders', mode: 'append', create: true },
      },
      {
        id: 'replaced',
        from: 'totals',
        target: { type: 'duckdb', connection: `${out}.duckdb`, table: 'totals', mode: 'replace', create: true },
      },
    ],
  }),
  read: async (scene, out) => [
    await query(`select * from '${scene.path(`${out}.parquet`)}' order by title`),
    await query(`select id, title from read_parquet('${scene.path(`${out}-even`)}/*/*.parquet') order by id`),
    sqliteRows(scene.path(`${out}.sqlite`)),
    await query('select * from orders order by all', scene.path(`${out}.duckdb`)),
    await query('select * from totals order by all', scene.path(`${out}.duckdb`)),
  ],
}

describe('a job that is killed and resumed', () => {
  it.each([toParquet, joined, toDatabase, breakers])(
    '$name has the output of one that is not',
    async ({ specification, read, withinMs, every }) => {
      const scene = new StreamScene()
      try {
        await scene.orders('orders.parquet', ROWS)
        await query(
          `copy (select i::integer as customer, 'title ' || i as title from range(15) t(i)) to '${scene.path('customers.csv')}'`,
        )
        const whole = specification('whole')
        if (whole.mode === 'full') await scene.engine.pipeline({ directory: scene.directory, ...whole }).run()
        else await scene.run(whole)
        const wanted = await read(scene, 'whole')
        const random = randomOf(7)
        for (let kills = 0, job = 0; kills < LEAST_KILLS; job++) {
          const out = `job${job}`
          const child = { directory: scene.directory, specification: specification(out), checkpoint: out, every }
          const most = Math.min(MOST_KILLS_OF_A_JOB, LEAST_KILLS - kills)
          const killed = await runKilled(child, random, most, withinMs)
          kills += killed.kills
          expect(await read(scene, out)).toEqual(wanted)
          const { stages } = killed.outcome
          const consumed = stages.filter(({ kind }) => kind === 'consumer').map(({ rowsIn }) => rowsIn)
          expect(consumed.reduce((sum, rows) => sum! + rows!, 0)).toBe(countOf(wanted))
          expect(leftovers(scene.directory)).toEqual([])
        }
      } finally {
        await scene.close()
      }
    },
    IS_FULL ? 3_600_000 : 60_000,
  )
})

function sqliteRows(path: string): unknown[] {
  const database = new sqlite.Database(path, { readOnly: true })
  try {
    return database.all('select * from orders order by id')
  } finally {
    database.close()
  }
}

function countOf(rows: unknown): number {
  const lists = rows as readonly (readonly unknown[])[]
  return Array.isArray(lists[0]) ? lists.reduce((sum, list) => sum + list.length, 0) : lists.length
}

function leftovers(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory).filter((name) => name.includes('volley'))
}
