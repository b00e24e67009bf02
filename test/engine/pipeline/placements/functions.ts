/** Functions of stages, as a user's module exports them. */

import { writeFileSync } from 'node:fs'
import * as arrow from 'apache-arrow'
import type { FunctionContext } from '../../../../planner/pipeline/definition.js'

type Row = Record<string, unknown>

export function double(row: Row, { factor = 2 }: { factor?: number }): Row | null {
  if (Number(row.id) === 3) return null
  return { id: row.id, value: Number(row.value) * factor, name: `${row.name}!` }
}

/** The earlier the batch, the longer. */
export async function laterSooner(batch: arrow.RecordBatch): Promise<arrow.RecordBatch> {
  await new Promise((resolve) => setTimeout(resolve, 60 - 10 * Number(batch.getChild('id')?.get(0))))
  return batch
}

export async function slowly(row: Row): Promise<Row[]> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  return [row, row]
}

export function route(row: Row, _: object, { emit, stage }: FunctionContext): Row | null {
  if (Number(row.id) % 2 === 0) return { id: row.id }
  emit('odd', { id: row.id, stage })
  return null
}

export function asTable(batch: arrow.RecordBatch): arrow.Table {
  return new arrow.Table(batch)
}

export function asColumns(batch: arrow.RecordBatch): Record<string, unknown> {
  const ids = BigInt64Array.from({ length: batch.numRows }, (_, row) => batch.getChild('id')?.get(row) as bigint)
  return { id: ids, half: Float64Array.from(ids, (id) => Number(id) / 2) }
}

export function totals(batch: arrow.RecordBatch): Row[] {
  let total = 0
  for (const value of batch.getChild('value') ?? []) total += Number(value)
  return [{ rows: batch.numRows, total }]
}

export function fails(row: Row): Row {
  if (Number(row.id) === 2) throw new Error('two is too many')
  return row
}

export function changing(row: Row): Row {
  return Number(row.id) === 5 ? { id: 'five' } : { id: row.id }
}

export function widening(row: Row): Row {
  return Number(row.id) === 5 ? { id: row.id, more: 1 } : { id: row.id }
}

let calls = 0
/** Counts the calls in its thread or process. */
export function counting(batch: arrow.RecordBatch): Row {
  // Keeps its thread, if nothing ends it.
  if (calls === 0) setInterval(() => {}, 1000)
  calls++
  return { pid: process.pid, calls, rows: batch.numRows }
}

export function exits(batch: arrow.RecordBatch, { code, once }: { code: number; once?: string }): arrow.RecordBatch {
  if (once !== undefined) {
    try {
      writeFileSync(once, '', { flag: 'wx' })
    } catch {
      return batch
    }
  }
  process.exit(code)
}

export function crashes(): never {
  process.kill(process.pid, 'SIGSEGV')
  for (;;);
}

/** Writes down which process it is in, and never returns. */
export function hangs(_: arrow.RecordBatch, { file }: { file?: string }): never {
  if (file !== undefined) writeFileSync(file, String(process.pid))
  for (;;);
}

const leaked: Uint8Array[] = []
export function leaks(_: arrow.RecordBatch, { megabytes }: { megabytes: number }): Row {
  for (let i = 0; i < megabytes; i++) leaked.push(new Uint8Array(1 << 20).fill(i))
  return { pid: process.pid, leaked: leaked.length }
}

export function throwsLater(batch: arrow.RecordBatch): arrow.RecordBatch {
  setImmediate(() => {
    throw new Error('later')
  })
  return batch
}

export function waits(_row: Row, _: object, { signal }: FunctionContext): Promise<Row> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

/** Sums what it gets by key, and puts the sums out at the end. */
export class Sums {
  private sums: Record<string, number> = {}
  private factor = 1

  constructor(private readonly kwargs: { readonly column: string }) {}

  process(row: Row): null {
    const key = String(row[this.kwargs.column])
    this.sums[key] = (this.sums[key] ?? 0) + this.factor * Number(row.value)
    return null
  }

  finish(): Row[] {
    return Object.entries(this.sums).map(([key, sum]) => ({ key, sum, pid: process.pid }))
  }

  save(): Row {
    return { ...this.sums }
  }

  restore(state: Record<string, number>): void {
    this.sums = { ...state }
  }

  message(text: string): string {
    this.factor = Number(text)
    return `factor ${text}`
  }
}

/** The ids in the order in which they came. */
export class Order {
  private readonly ids: number[] = []

  process(row: Row): null {
    this.ids.push(Number(row.id))
    return null
  }

  finish(): Row {
    return { ids: this.ids.join() }
  }

  save(): number[] {
    return this.ids
  }

  restore(ids: number[]): void {
    this.ids.push(...ids)
  }
}

export class Forgetful {
  process(row: Row): Row {
    return row
  }
}

export async function createNumbered(_: object): Promise<{ process(batch: arrow.RecordBatch): Row }> {
  let number = 0
  return { process: (batch) => ({ number: ++number, rows: batch.numRows }) }
}
