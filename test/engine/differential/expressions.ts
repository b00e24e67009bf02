/** Compares many expressions at once with DuckDB: their values, and the errors of those that fail. */

import { type ErrorCode, type Frame, type RunOptions, VolleyError } from '../../../index.js'
import type { Differential, MakeFrame } from '../../support/differential.js'
import { expect } from '../../support/jest.js'
import type { Oracle } from '../../support/oracle.js'

export interface ExpressionOptions {
  /** Floating-point results may be off by the tolerance of the judge. */
  readonly approximate?: boolean
  /** Tells the expressions that DuckDB takes and volley refuses on purpose. */
  readonly refused?: (expression: string, type: string) => boolean
  /** Must have a column `id` that counts its rows from 0. */
  readonly table: string
}

interface Bound {
  readonly text: string
  readonly type: string
  /** DuckDB's error over the whole table, or null. */
  readonly failure: string | null
  /** No row has a value. */
  readonly hopeless: boolean
}

const BATCH = 60
let turn = 0
/** Failing expressions are run one by one. */
const MOST_FAILING = 10
const NOT_UNDERSTOOD = /^(Binder|Parser|Catalog|Not implemented) Error/
const NO_CAST = 'Unimplemented type for cast'
/** Types that are not stored, or not by DuckDB. */
const NOT_STORED = /INTERVAL|UHUGEINT|\[\]|STRUCT|BIT$|TIME WITH TIME ZONE|TIMESTAMP_/

/** Expects expressions that DuckDB can compute to have its values, and to fail where it fails. */
export async function expectExpressions(
  volley: Differential,
  candidates: readonly string[],
  options: ExpressionOptions,
): Promise<void> {
  const bound = await bind(volley, candidates, options)
  expect(bound.length).toBeGreaterThan(0)
  const failing = bound.filter(({ failure }) => failure !== null).slice(0, MOST_FAILING)
  await expectValues(
    volley,
    options.table,
    bound.filter(({ failure }) => failure === null),
    options,
  )
  await expectErrors(volley, failing, options)
  const partial = failing.filter(({ hopeless }) => !hopeless)
  if (partial.length > 0) {
    await expectValues(volley, await maskFailures(volley, partial, options), partial.map(guarded), options)
  }
}

/** What DuckDB understands of the candidates. */
async function bind(volley: Differential, candidates: readonly string[], options: ExpressionOptions): Promise<Bound[]> {
  const { oracle } = volley
  const bound: Bound[] = []
  for (const text of new Set(candidates)) {
    const query = `select ${text} as c from ${options.table}`
    const failure = await oracle.failure(query)
    if (failure !== null && NOT_UNDERSTOOD.test(failure)) continue
    const type = String((await oracle.run(`describe ${query}`))[0][1])
    if (NOT_STORED.test(type) || options.refused?.(text, type)) continue
    const hopeless = failure !== null && (await isHopeless(volley, text, failure, options))
    bound.push({ text, type, failure, hopeless })
  }
  return bound
}

async function isHopeless(
  { oracle }: Differential,
  text: string,
  failure: string,
  { table }: ExpressionOptions,
): Promise<boolean> {
  return failure.includes(NO_CAST) || (await oracle.failure(`select try(${text}) from ${table}`)) !== null
}

async function expectValues(
  volley: Differential,
  table: string,
  expressions: readonly Bound[],
  { approximate = false }: ExpressionOptions,
): Promise<void> {
  const faults: string[] = []
  for (let start = 0; start < expressions.length; start += BATCH) {
    const batch = expressions.slice(start, start + BATCH)
    faults.push(...(await faultsOf(volley, table, batch, approximate)))
  }
  expect(faults.join('\n')).toBe('')
}

/** Runs expressions together; if that does not work out, one by one to name the guilty. */
async function faultsOf(
  volley: Differential,
  table: string,
  batch: readonly Bound[],
  approximate: boolean,
): Promise<string[]> {
  const columns = batch.map(({ text }, i) => `${text} as c${i}`)
  const comparison = { ordered: true, approximate: approximate ? batch.map((_, i) => `c${i}`) : [] }
  const sql = `select ${columns.join(', ')} from ${table}`
  // Frames and SQL take turns.
  const isFrame = turn++ % 2 === 0
  const make: MakeFrame = (tables, engine) => (isFrame ? tables[table].select(...columns) : engine.sql(sql, tables))
  try {
    const differences = await volley.differences(make, sql, comparison, volley.engines.slice(0, 1))
    return differences.map((difference) =>
      difference.replace(/(^|: |column )c(\d+)/gm, (_, before, i) => `${before}${batch[Number(i)].text}`),
    )
  } catch (error) {
    if (batch.length === 1) return [`${batch[0].text} (${batch[0].type}): ${error}`]
    const faults: string[] = []
    for (const one of batch) faults.push(...(await faultsOf(volley, table, [one], approximate)))
    return faults
  }
}

/** Expects an error of the right kind, for a row that fails in DuckDB too. */
async function expectErrors(
  volley: Differential,
  failing: readonly Bound[],
  options: ExpressionOptions,
): Promise<void> {
  const faults: string[] = []
  for (const one of failing) {
    const fault = await errorFault(volley, one, options)
    if (fault !== null) faults.push(`${one.text} (${one.type}): ${fault}, where DuckDB says: ${one.failure}`)
  }
  expect(faults.join('\n')).toBe('')
}

async function errorFault(volley: Differential, one: Bound, { table }: ExpressionOptions): Promise<string | null> {
  const { oracle } = volley
  const make: MakeFrame = (tables) => tables[table].select(`${one.text} as c`)
  const [engine] = volley.engines
  const frame = make(volley.tables(engine), engine)
  const fault = await errorOf(frame, {}, one, oracle, table)
  // What has no type is refused before there is a plan.
  if (fault !== null || codeFor(String(one.failure)) === 'VOLLEY_TYPE_MISMATCH') return fault
  for (const { name, run } of await volley.ways(make, one.text)) {
    const other = await errorOf(frame, run, one, oracle, table)
    if (other !== null) return `${name}: ${other}`
  }
  return null
}

async function errorOf(
  frame: Frame,
  run: RunOptions,
  { text, failure }: Bound,
  oracle: Oracle,
  table: string,
): Promise<string | null> {
  try {
    await frame.sinkParquet(oracle.path('failing.parquet'), { overwrite: true }, run)
    return 'no error'
  } catch (error) {
    if (!(error instanceof VolleyError)) return `an error of another class: ${error}`
    if (error.code !== codeFor(String(failure))) return `${error.code}: ${error.message}`
    // DuckDB does not tell which row it was.
    if (error.code === 'VOLLEY_TYPE_MISMATCH' || run.strategy === 'bigdata') return null
    if (error.details.row === undefined) return `no row in: ${error.message}`
    const alone = `select ${text} from ${table} where id = ${error.details.row}`
    return (await oracle.failure(alone)) === null ? `row ${error.details.row} does not fail: ${error.message}` : null
  }
}

/** The code for what DuckDB says. It tells types that have no cast only when it meets a value. */
function codeFor(failure: string): ErrorCode {
  if (failure.includes(NO_CAST)) return 'VOLLEY_TYPE_MISMATCH'
  if (/square root|logarithm|outside of supported range/.test(failure)) return 'VOLLEY_INVALID_ARGUMENT'
  if (failure.includes('Date out of range')) return 'VOLLEY_OVERFLOW'
  return failure.startsWith('Conversion Error') ? 'VOLLEY_CAST' : 'VOLLEY_OVERFLOW'
}

async function maskFailures(
  volley: Differential,
  failing: readonly Bound[],
  { table }: ExpressionOptions,
): Promise<string> {
  const masks = failing.map(({ text }, i) => `try(${text}) is not null as ok${i}`)
  await volley.addTable('masked', `select *, ${masks.join(', ')} from ${table}`)
  return 'masked'
}

/** Computes the expression only where it does not fail. */
function guarded(one: Bound, index: number): Bound {
  return { ...one, text: `case when ok${index} then ${one.text} end`, failure: null }
}
