import { DuckDBInstance } from '@duckdb/node-api'
import { createKernelContext } from '../../../engine/kernels/context.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import type { OperatorContext } from '../../../engine/operators/operator-context.js'
import { computeWindow } from '../../../engine/operators/window.js'
import type { Batch } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue, SortKey, TypedExpression, TypedWindow, WindowFrame } from '../../../planner/expression.js'
import {
  BOOL,
  DATE,
  type DataType,
  decimal,
  FLOAT32,
  FLOAT64,
  field,
  HUGEINT,
  INT32,
  INT64,
  schemaOf,
  TIMESTAMP,
  UTF8,
} from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'

const memory = SharedMemory.create()
const kernels = createKernelContext(memory)
const context: OperatorContext = {
  ...kernels,
  allocate: memory.allocate,
  retain: memory.retain,
  release: memory.release,
  checkCancelled: () => undefined,
}

const MONEY = decimal(10, 2)
const COLUMNS: readonly (readonly [name: string, type: DataType, sql: string])[] = [
  ['id', INT32, 'INTEGER'],
  ['g', INT32, 'INTEGER'],
  ['k', INT64, 'BIGINT'],
  ['x', FLOAT64, 'DOUBLE'],
  ['y', FLOAT32, 'FLOAT'],
  ['m', MONEY, 'DECIMAL(10,2)'],
  ['s', UTF8, 'VARCHAR'],
  ['b', BOOL, 'BOOLEAN'],
  ['d', DATE, 'DATE'],
  ['t', TIMESTAMP, 'TIMESTAMP'],
  ['h', HUGEINT, 'HUGEINT'],
]
const ROWS = 400

/** The same pseudo-random numbers in every run (Park and Miller, 1988). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

function makeRows(count: number): ScalarValue[][] {
  const next = numbers(7)
  const orNull = (value: ScalarValue) => (next(8) === 0 ? null : value)
  return Array.from({ length: count }, (_, id) => [
    id,
    orNull(next(5)),
    orNull(BigInt(next(40)) - 20n),
    orNull(next(25) === 0 ? Number.NaN : next(30) === 0 ? Number.POSITIVE_INFINITY : next(100) / 8 - 3),
    orNull(next(64) / 4),
    orNull(BigInt(next(100_000)) - 50_000n),
    orNull('abcdé'.slice(0, next(5)) + next(9)),
    orNull(next(2) === 0),
    orNull(next(60) - 20),
    orNull(BigInt(next(1000)) - 500n),
    orNull(BigInt(next(1_000_000)) * 10n ** 28n),
  ])
}

const rows = makeRows(ROWS)

function batchOf(values: readonly (readonly ScalarValue[])[]): Batch {
  return {
    schema: schemaOf(COLUMNS.map(([name, type]) => field(name, type))),
    length: values.length,
    columns: COLUMNS.map(([, type], i) =>
      vectorFromValues(
        type,
        values.map((row) => row[i]),
        memory.views,
        memory.allocate,
      ),
    ),
  }
}

const database = DuckDBInstance.create(':memory:').then(async (instance) => {
  const connection = await instance.connect()
  await connection.run(`create table rows (${COLUMNS.map(([name, , sql]) => `${name} ${sql}`).join(', ')})`)
  const values = rows.map((row) => `(${row.map((value, i) => sqlValue(value, COLUMNS[i][1])).join(', ')})`)
  await connection.run(`insert into rows values ${values.join(', ')}`)
  return connection
})

function sqlValue(value: ScalarValue, type: DataType): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `'${value}'`
  if (type.kind === 'float') return `'${value}'::double`
  if (type.kind === 'date') return `'1970-01-01'::date + ${value}`
  if (type.kind === 'timestamp') return `make_timestamp(${value}::bigint)`
  if (type.kind === 'decimal' && type.scale > 0) return `${value} / 100`
  return String(value)
}

async function duckdb(expression: string): Promise<ScalarValue[]> {
  const result = await (await database).runAndReadAll(`select ${expression} from rows order by id`)
  return result.getRows().map(([value]) => scalarOf(value))
}

/** DuckDB's client wraps decimals, dates and timestamps. */
function scalarOf(value: unknown): ScalarValue {
  if (value === null || typeof value !== 'object') return value as ScalarValue
  const wrapped = value as { value?: bigint; micros?: bigint; days?: number }
  return wrapped.value ?? wrapped.micros ?? wrapped.days ?? null
}

function column(name: string): TypedExpression {
  const index = COLUMNS.findIndex((one) => one[0] === name)
  return { kind: 'column', index, name, type: COLUMNS[index][1] }
}

const constant = (value: ScalarValue, type: DataType): TypedExpression => ({ kind: 'literal', value, type })

interface Over {
  readonly sql: string
  readonly partitionBy: readonly string[]
  readonly orderBy: readonly (readonly [name: string, options?: 'desc' | 'nulls first'])[]
  readonly frame: WindowFrame | null
}

const over = (
  sql: string,
  partitionBy: readonly string[],
  orderBy: Over['orderBy'],
  frame: WindowFrame | null = null,
): Over => ({ sql, partitionBy, orderBy, frame })

const rowsFrame = (start: number | null, end: number | null): WindowFrame => ({ unit: 'rows', start, end })
const rangeFrame = (start: number | null, end: number | null): WindowFrame => ({ unit: 'range', start, end })

const WINDOWS: readonly Over[] = [
  over('', [], []),
  over('order by id', [], [['id']]),
  over('partition by g order by k, id', ['g'], [['k'], ['id']]),
  over('partition by g, b order by id desc', ['g', 'b'], [['id', 'desc']]),
  over('partition by s order by id rows between 2 preceding and current row', ['s'], [['id']], rowsFrame(-2, 0)),
  over('partition by g order by id rows between 3 preceding and 2 following', ['g'], [['id']], rowsFrame(-3, 2)),
  over('partition by g order by id rows between 2 following and 5 following', ['g'], [['id']], rowsFrame(2, 5)),
  over('order by id rows between 7 preceding and 4 preceding', [], [['id']], rowsFrame(-7, -4)),
  over('order by id rows between current row and unbounded following', [], [['id']], rowsFrame(0, null)),
  over(
    'partition by x order by id rows between unbounded preceding and 1 following',
    ['x'],
    [['id']],
    rowsFrame(null, 1),
  ),
]

/** Whose peers are in no order: only for functions that do not ask for one. */
const PEER_WINDOWS: readonly Over[] = [
  over('partition by g', ['g'], []),
  over('partition by g order by k', ['g'], [['k']]),
  over('order by x desc', [], [['x', 'desc']]),
  over('order by s nulls first', [], [['s', 'nulls first']]),
  over(
    'partition by b order by k range between current row and unbounded following',
    ['b'],
    [['k']],
    rangeFrame(0, null),
  ),
  over('partition by b order by k range between 3 preceding and 2 following', ['b'], [['k']], rangeFrame(-3, 2)),
  over('order by k desc range between 3 preceding and 2 following', [], [['k', 'desc']], rangeFrame(-3, 2)),
  over('order by x range between 1 following and 2 following', [], [['x']], rangeFrame(1, 2)),
  over('order by x desc range between 1 preceding and 1 following', [], [['x', 'desc']], rangeFrame(-1, 1)),
  over('order by d range between 5 preceding and current row', [], [['d']], rangeFrame(-5, 0)),
  over(
    'order by m nulls first range between 50 preceding and 20 following',
    [],
    [['m', 'nulls first']],
    rangeFrame(-50, 20),
  ),
  over(
    'partition by g order by k nulls first range between unbounded preceding and 1 following',
    ['g'],
    [['k', 'nulls first']],
    rangeFrame(null, 1),
  ),
]

interface Call {
  readonly sql: string
  readonly function: string
  readonly arguments: readonly TypedExpression[]
  readonly type: DataType
  /** True if floats may differ in their last digits, as the order of additions does. */
  readonly rounded?: boolean
}

const call = (
  sql: string,
  name: string,
  parameters: readonly TypedExpression[],
  type: DataType,
  rounded = false,
): Call => ({ sql, function: name, arguments: parameters, type, rounded })

const PEER_CALLS: readonly Call[] = [
  call('rank()', 'rank', [], INT64),
  call('dense_rank()', 'denseRank', [], INT64),
  call('percent_rank()', 'percentRank', [], FLOAT64),
  call('cume_dist()', 'cumeDist', [], FLOAT64),
  call('count(*)', 'countStar', [], INT64),
  call('count(x)', 'count', [column('x')], INT64),
  call('sum(k)', 'sum', [column('k')], HUGEINT),
  call('sum(m)', 'sum', [column('m')], decimal(38, 2)),
  call('sum(h)', 'sum', [column('h')], HUGEINT),
  call('sum(x)', 'sum', [column('x')], FLOAT64, true),
  call('avg(k)', 'mean', [column('k')], FLOAT64),
  call('avg(m)', 'mean', [column('m')], FLOAT64),
  call('avg(x)', 'mean', [column('x')], FLOAT64, true),
  call('avg(t)', 'mean', [column('t')], TIMESTAMP),
  call('min(s)', 'min', [column('s')], UTF8),
  call('max(x)', 'max', [column('x')], FLOAT64),
  call('min(m)', 'min', [column('m')], MONEY),
  call('max(d)', 'max', [column('d')], DATE),
  call('bool_and(b)', 'boolAnd', [column('b')], BOOL),
  call('bool_or(b)', 'boolOr', [column('b')], BOOL),
  call('stddev(y)', 'stddev', [{ kind: 'cast', argument: column('y'), type: FLOAT64, try: false }], FLOAT64, true),
  call(
    'var_pop(y)',
    'variancePop',
    [{ kind: 'cast', argument: column('y'), type: FLOAT64, try: false }],
    FLOAT64,
    true,
  ),
  call('median(y)', 'median', [column('y')], FLOAT32),
  call('median(m)', 'median', [column('m')], MONEY),
  call('median(t)', 'median', [column('t')], TIMESTAMP),
  call('median(s)', 'median', [column('s')], UTF8),
]

const CALLS: readonly Call[] = [
  ...PEER_CALLS,
  call('row_number()', 'rowNumber', [], INT64),
  call('ntile(3)', 'ntile', [constant(3n, INT64)], INT64),
  call('ntile(1000)', 'ntile', [constant(1000n, INT64)], INT64),
  call('lag(s)', 'lag', [column('s')], UTF8),
  call('lag(m, 2)', 'lag', [column('m'), constant(2n, INT64)], MONEY),
  call("lag(s, 3, 'none')", 'lag', [column('s'), constant(3n, INT64), constant('none', UTF8)], UTF8),
  call('lead(x, 1, x)', 'lead', [column('x'), constant(1n, INT64), column('x')], FLOAT64),
  call('lead(b, k)', 'lead', [column('b'), column('k')], BOOL),
  call('lead(id, -1)', 'lead', [column('id'), constant(-1n, INT64)], INT32),
  call('first_value(s)', 'firstValue', [column('s')], UTF8),
  call('last_value(h)', 'lastValue', [column('h')], HUGEINT),
  call('nth_value(t, 3)', 'nthValue', [column('t'), constant(3n, INT64)], TIMESTAMP),
  call('nth_value(s, k)', 'nthValue', [column('s'), column('k')], UTF8),
  call('first(d)', 'first', [column('d')], DATE),
  call('last(b)', 'last', [column('b')], BOOL),
  call('any_value(s)', 'anyValue', [column('s')], UTF8),
]

function windowOf({ partitionBy, orderBy, frame }: Over, one: Call): TypedWindow {
  const keys = orderBy.map(
    ([name, options]): SortKey<TypedExpression> => ({
      expression: column(name),
      descending: options === 'desc',
      nullsFirst: options === 'nulls first',
    }),
  )
  const { function: name, arguments: parameters, type } = one
  return {
    name: one.sql,
    function: name,
    arguments: parameters,
    partitionBy: partitionBy.map(column),
    orderBy: keys,
    frame,
    type,
  }
}

function compute(windows: readonly TypedWindow[], batch: Batch): ScalarValue[][] {
  kernels.resetScratch()
  const vectors = computeWindow(context, windows, batch)
  return vectors.map((result) => Array.from({ length: batch.length }, (_, row) => readValue(memory.views, result, row)))
}

/** `values`, but with what is expected in place of what differs from it in its last digits only. */
function settled(values: readonly ScalarValue[], expected: readonly ScalarValue[]): ScalarValue[] {
  return values.map((value, i) => {
    const other = expected[i]
    if (typeof value !== 'number' || typeof other !== 'number') return value
    return Math.abs(value - other) <= 1e-11 * Math.max(1, Math.abs(other)) ? other : value
  })
}

async function expectAsDuckdb(window: Over, calls: readonly Call[]): Promise<void> {
  const results = compute(
    calls.map((one) => windowOf(window, one)),
    batchOf(rows),
  )
  for (const [i, one] of calls.entries()) {
    const expected = await duckdb(`${one.sql} over (${window.sql})`)
    const result = one.rounded ? settled(results[i], expected) : results[i]
    expect([one.sql, result]).toEqual([one.sql, expected])
  }
}

describe('computeWindow', () => {
  it.each(WINDOWS)('does what DuckDB does over ($sql)', async (window) => {
    await expectAsDuckdb(window, CALLS)
  })

  it.each(PEER_WINDOWS)('treats peers alike over ($sql)', async (window) => {
    await expectAsDuckdb(window, PEER_CALLS)
  })

  it('takes no rows and one row', () => {
    for (const length of [0, 1]) {
      const batch = batchOf(rows.slice(0, length))
      for (const window of WINDOWS) {
        for (const values of compute(
          CALLS.map((one) => windowOf(window, one)),
          batch,
        )) {
          expect(values).toHaveLength(length)
        }
      }
    }
  })

  it('refuses what has no meaning', () => {
    const batch = batchOf(rows)
    const failing = (window: Over, one: Call) => () => compute([windowOf(window, one)], batch)
    const tiles = call('', 'ntile', [constant(0n, INT64)], INT64)
    expect(failing(WINDOWS[0], tiles)).toThrow('ntile takes a number of groups from 1, not 0')
    const range = over('', [], [['s']], rangeFrame(-1, 0))
    expect(failing(range, PEER_CALLS[4])).toThrow('found VARCHAR')
    const twice = call('', 'sum', [column('h')], HUGEINT)
    const huge = {
      ...batch,
      columns: batch.columns.with(
        10,
        vectorFromValues(
          HUGEINT,
          rows.map(() => 2n ** 126n),
          memory.views,
          memory.allocate,
        ),
      ),
    }
    expect(() => compute([windowOf(WINDOWS[0], twice)], huge)).toThrow('out of the range of DECIMAL(38,0)')
  })

  it('gives its blocks back when the results are released', () => {
    const batch = batchOf(rows)
    const { blocks, bytes } = memory.statistics()
    const results = computeWindow(
      context,
      CALLS.map((one) => windowOf(WINDOWS[3], one)),
      batch,
    )
    for (const result of results) for (const block of result.blocks) memory.release(block)
    kernels.resetScratch()
    expect(memory.statistics()).toMatchObject({ blocks, bytes })
  })
})
