/** Random pipelines, made as frames and as SQL at once. */

import { type Frame, sql } from '../../../index.js'
import type { Tables } from '../../support/differential.js'

export type Kind =
  | 'int'
  | 'decimal'
  | 'wide'
  | 'float'
  | 'text'
  | 'bool'
  | 'date'
  | 'time'
  | 'moment'
  | 'bytes'
  | 'unsigned'

export interface Column {
  readonly name: string
  readonly kind: Kind
}

/** A pipeline so far: what it has for columns, how a frame makes it, and a query for the same rows. */
export interface Pipeline {
  readonly columns: readonly Column[]
  readonly frame: (tables: Tables) => Frame
  readonly query: string
}

/** A whole number from 0 up to, not including, `limit`. */
export type Draw = (limit: number) => number

/** Columns whose sums fit 64 bits. A sum with 0 leaves no -0, of which SQL does not tell when it is first. */
const SOURCE: readonly (readonly [text: string, kind: Kind])[] = [
  ['id', 'int'],
  ['small', 'int'],
  ['i16::bigint as i16', 'int'],
  ['i32::bigint as i32', 'int'],
  ['u8::bigint as u8', 'int'],
  ['price', 'decimal'],
  ['d9::decimal(18,2) as d9', 'decimal'],
  ['f64 + 0 as f64', 'float'],
  ['ratio', 'float'],
  ['text', 'text'],
  ['color', 'text'],
  ['name', 'text'],
  ['flag', 'bool'],
  ['day', 'date'],
  ['d38', 'wide'],
  ['moment', 'moment'],
  ['clock', 'time'],
  ['bytes', 'bytes'],
  ['u64', 'unsigned'],
]

/** Some twice, as they are likelier to go wrong. */
const STEPS = [
  ...[filtered, extended, replaced, selected, renamed, deduplicated, united, first, firstOfEach, numbered],
  ...[filtered, grouped, grouped, joined, joined],
]

export function randomPipeline(draw: Draw): Pipeline {
  let pipeline = source(draw, 's')
  const steps = 1 + draw(5)
  for (let step = 0; step < steps; step++) pipeline = STEPS[draw(STEPS.length)](pipeline, draw, step)
  return pipeline
}

function source(draw: Draw, prefix: string): Pipeline {
  const chosen = SOURCE.filter((_, i) => i === 0 || draw(2) === 0)
  const columns = chosen.map(([text, kind]) => ({ name: text.split(' as ')[1] ?? text, kind }))
  const list = chosen.map(([text]) => text)
  const from = draw(12) === 0 ? ['one', 'none'][draw(2)] : 't'
  const start = draw(4000)
  const condition = `id between ${start} and ${start + [30, 1000, 3000][draw(3)]}`
  const renamed = columns.map(({ name, kind }) => ({ name: `${prefix}_${name}`, kind }))
  const names = Object.fromEntries(columns.map(({ name }, i) => [name, renamed[i].name]))
  return {
    columns: renamed,
    frame: (tables) =>
      tables[from]
        .filter(condition)
        .select(...list)
        .rename(names),
    query: `select ${columns.map(({ name }, i) => `${name} as ${renamed[i].name}`).join(', ')}
      from (select ${list.join(', ')} from ${from} where ${condition})`,
  }
}

function pick<T>(draw: Draw, list: readonly T[]): T {
  return list[draw(list.length)]
}

function listOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ')
}

function constant(draw: Draw, kind: Kind): string {
  switch (kind) {
    case 'int':
      return pick(draw, ['0', '1', '-5', '50', '2500', '70000'])
    case 'decimal':
      return pick(draw, ['0', '0.01', '-12.5', '500', '99999.99'])
    case 'float':
      return pick(draw, ['0', '1.5', '-100', '1e10', "'nan'::double"])
    case 'text':
      return pick(draw, ["'red'", "''", "'k'", "'name 2'", "'Zürich'"])
    case 'bool':
      return pick(draw, ['true', 'false'])
    case 'wide':
      return pick(draw, ['0.0001', '-99999999999999999999999999999999.9999', '500'])
    case 'unsigned':
      return pick(draw, ['0', '18446744073709551615', '500'])
    case 'bytes':
      return pick(draw, ["''::blob", "'b3'::blob", "'\\xff'::blob"])
    case 'time':
      return pick(draw, ["time '00:00:00'", "time '12:30:00'"])
    case 'moment':
      return pick(draw, ["timestamp '1969-12-31 23:59:59.999999'", "timestamp '2001-02-03 04:05:06'"])
    case 'date':
      return pick(draw, ["date '1970-01-01'", "date '2024-02-29'", "date '1999-12-31'"])
  }
}

function condition(draw: Draw, columns: readonly Column[], depth = 0): string {
  if (depth < 2 && draw(3) === 0) {
    const [left, right] = [condition(draw, columns, depth + 1), condition(draw, columns, depth + 1)]
    return pick(draw, [`(${left} and ${right})`, `(${left} or ${right})`, `not (${left})`])
  }
  const { name, kind } = pick(draw, columns)
  const comparison = pick(draw, ['=', '<>', '<', '<=', '>', '>='])
  const others = columns.filter((one) => one.kind === kind)
  return pick(draw, [
    `${name} is null`,
    `${name} is not null`,
    `${name} ${comparison} ${constant(draw, kind)}`,
    `${name} ${comparison} ${pick(draw, others).name}`,
    `${name} in (${constant(draw, kind)}, ${constant(draw, kind)}, ${pick(draw, others).name})`,
    `${name} between ${constant(draw, kind)} and ${constant(draw, kind)}`,
    `${name} is distinct from ${pick(draw, others).name}`,
  ])
}

/** An expression over the columns that never fails. */
function expression(draw: Draw, columns: readonly Column[]): readonly [text: string, kind: Kind] {
  const { name, kind } = pick(draw, columns)
  const other = pick(
    draw,
    columns.filter((one) => one.kind === kind),
  ).name
  const general = pick(draw, [
    `coalesce(${name}, ${other})`,
    `case when ${condition(draw, columns)} then ${name} else ${other} end`,
    `nullif(${name}, ${constant(draw, kind)})`,
    `greatest(${name}, ${other})`,
  ])
  if (draw(4) === 0) return [general, kind]
  switch (kind) {
    case 'wide':
      return [pick(draw, [`abs(${name})`, `-${name}`]), kind]
    case 'unsigned':
      return [pick(draw, [`${name} % 7`, `${name} // 3`]), kind]
    case 'bytes':
      return [`octet_length(${name})`, 'int']
    case 'time':
      return [pick(draw, [`hour(${name})`, `microsecond(${name})`]), 'int']
    case 'moment':
      return pick(draw, [
        [`date_trunc('month', ${name})`, kind],
        [`${name}::date`, 'date'],
        [`${name}::time`, 'time'],
        [`${name} + interval 1 month`, kind],
      ])
    case 'int':
      return [
        pick(draw, [`${name} + ${draw(10)}`, `${name} % 7`, `${name} // 3`, `abs(${name} - 10)`, `-${name}`]),
        kind,
      ]
    case 'decimal':
      return [pick(draw, [`abs(${name})`, `floor(${name} / 3)::bigint::decimal(18,2)`, `round(${name}, 1)`]), kind]
    case 'float':
      return [pick(draw, [`${name} * 2`, `abs(${name})`, `floor(${name})`, `${name} / 4`]), kind]
    case 'text':
      return pick(draw, [
        [`upper(${name})`, kind],
        [`length(${name})`, 'int'],
        [`concat(${name}, '-', ${other})`, kind],
        [`substring(${name}, 1, 3)`, kind],
        [`${name} like '%e%'`, 'bool'],
        [`replace(${name}, 'e', 'ü')`, kind],
      ])
    case 'bool':
      return [pick(draw, [`not ${name}`, `${name} and ${other}`, `${name} is not true`]), kind]
    case 'date':
      return pick(draw, [
        [`year(${name})`, 'int'],
        [`month(${name})`, 'int'],
        [`last_day(${name})`, kind],
        [`date_diff('day', ${name}, ${other})`, 'int'],
      ])
  }
}

function filtered({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const kept = condition(draw, columns)
  return { columns, frame: (tables) => frame(tables).filter(kept), query: `select * from (${query}) where ${kept}` }
}

function extended({ columns, frame, query }: Pipeline, draw: Draw, step: number): Pipeline {
  const [text, kind] = expression(draw, columns)
  const name = `e${step}_${columns.length}`
  return {
    columns: [...columns, { name, kind }],
    frame: (tables) => frame(tables).withColumns({ [name]: text }),
    query: `select *, ${text} as ${name} from (${query})`,
  }
}

function replaced({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const { name } = pick(draw, columns)
  const [text, kind] = expression(draw, columns)
  return {
    columns: columns.map((column) => (column.name === name ? { name, kind } : column)),
    frame: (tables) => frame(tables).withColumns({ [name]: text }),
    query: `select * replace (${text} as ${name}) from (${query})`,
  }
}

function selected({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const chosen = columns.filter(() => draw(3) > 0)
  const kept = (chosen.length === 0 ? columns.slice(0, 1) : chosen).toReversed()
  const names = kept.map(({ name }) => name)
  return {
    columns: kept,
    frame: (tables) => frame(tables).select(...names),
    query: `select ${names.join(', ')} from (${query})`,
  }
}

function renamed({ columns, frame, query }: Pipeline, draw: Draw, step: number): Pipeline {
  const { name, kind } = pick(draw, columns)
  const other = `r${step}_${name}`
  return {
    columns: columns.map((column) => (column.name === name ? { name: other, kind } : column)),
    frame: (tables) => frame(tables).rename({ [name]: other }),
    query: `select * rename (${name} as ${other}) from (${query})`,
  }
}

function grouped({ columns, frame, query }: Pipeline, draw: Draw, step: number): Pipeline {
  const keys = [...new Set(Array.from({ length: draw(3) }, () => pick(draw, columns)))]
  const aggregates: Record<string, string> = { [`n${step}`]: 'count(*)' }
  const made: Column[] = [{ name: `n${step}`, kind: 'int' }]
  for (let i = 0; i <= draw(3); i++) {
    const { name, kind } = pick(draw, columns)
    const out = `a${step}_${i}`
    const [text, result] = aggregate(draw, name, kind, columns)
    aggregates[out] = text
    made.push({ name: out, kind: result })
  }
  const list = Object.entries(aggregates).map(([name, text]) => `${text} as ${name}`)
  return {
    columns: [...keys, ...made],
    frame: (tables) =>
      frame(tables)
        .groupBy(...keys.map(({ name }) => name))
        .agg(aggregates),
    query: `select ${[...keys.map(({ name }) => name), ...list].join(', ')} from (${query})
      ${keys.length === 0 ? '' : `group by ${listOf(keys)}`}`,
  }
}

/** None of floating-point sums, which depend on the order. */
function aggregate(
  draw: Draw,
  name: string,
  kind: Kind,
  columns: readonly Column[],
): readonly [text: string, kind: Kind] {
  const filter = draw(3) === 0 ? ` filter (where ${condition(draw, columns)})` : ''
  const choices: (readonly [string, Kind])[] = [
    [`count(${name})${filter}`, 'int'],
    [`count(distinct ${name})${filter}`, 'int'],
    [`min(${name})${filter}`, kind],
    [`max(${name})${filter}`, kind],
    [`quantile_disc(${name}, 0.3)${filter}`, kind],
  ]
  if (kind === 'int') choices.push([`sum(${name})${filter}::bigint`, 'int'], [`sum(distinct ${name})::bigint`, 'int'])
  if (kind === 'decimal') choices.push([`sum(${name})::decimal(18,2)`, 'decimal'])
  if (kind === 'bool') choices.push([`bool_and(${name})`, 'bool'], [`bool_or(${name})`, 'bool'])
  return pick(draw, choices)
}

function deduplicated({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const few = columns.slice(0, 1 + draw(3))
  const names = few.map(({ name }) => name)
  return {
    columns: few,
    frame: (tables) =>
      frame(tables)
        .select(...names)
        .distinct(),
    query: `select distinct ${names.join(', ')} from (${query})`,
  }
}

function joined(left: Pipeline, draw: Draw, step: number): Pipeline {
  const other = source(draw, `j${step}`)
  const { name, kind } = pick(draw, left.columns)
  const key = other.columns.find((column) => column.kind === kind)?.name
  const how = pick(draw, ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const)
  // Few rows, so that common keys make no flood of matches.
  const few = `${other.columns[0].name} % 40 = 0`
  const [leftKey, rightKey] = key === undefined ? [`length(${name}::varchar)`, other.columns[0].name] : [name, key]
  const only = how === 'semi' || how === 'anti'
  const second = left.columns.flatMap((one) => {
    const match = other.columns.find((column) => column.kind === one.kind && column.name !== key)
    return match === undefined ? [] : [[one.name, match.name] as const]
  })
  const keys = [[leftKey, rightKey] as const, ...(draw(3) === 0 ? second.slice(0, 1) : [])]
  return {
    columns: only ? left.columns : [...left.columns, ...other.columns],
    frame: (tables) =>
      left.frame(tables).join(other.frame(tables).filter(few), {
        leftOn: keys.map(([ofLeft]) => sql(ofLeft)),
        rightOn: keys.map(([, ofRight]) => sql(ofRight)),
        how,
      }),
    query: `select ${only ? 'l.*' : '*'} from (${left.query}) l
      ${how} join (select * from (${other.query}) where ${few}) r on ${keys.map((pair) => pair.join(' = ')).join(' and ')}`,
  }
}

function united({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const again = condition(draw, columns)
  return {
    columns,
    frame: (tables) => frame(tables).union(frame(tables).filter(again)),
    query: `select * from (${query}) union all select * from (${query}) where ${again}`,
  }
}

/** Ordered by all columns: those that tie are equal. */
function first({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const descending = draw(2) === 0
  const nulls = pick(draw, ['first', 'last'] as const)
  const terms = columns.map(({ name }) => ({ by: name, descending, nulls }))
  const order = columns.map(({ name }) => `${name} ${descending ? 'desc' : 'asc'} nulls ${nulls}`).join(', ')
  const [count, offset] = [pick(draw, [1, 10, 500, 2500]), pick(draw, [0, 0, 3, 100])]
  return {
    columns,
    frame: (tables) =>
      frame(tables)
        .sort(...terms)
        .limit(count, offset),
    query: `select * from (${query}) order by ${order} limit ${count} offset ${offset}`,
  }
}

/** Rows that tie in all columns are equal, so that it does not matter which comes first. */
function numbered({ columns, frame, query }: Pipeline, draw: Draw, step: number): Pipeline {
  const partition = pick(draw, columns).name
  const name = `w${step}`
  const value = pick(draw, columns)
  const [call, kind] = pick(draw, [
    ['row_number()', 'int'],
    ['rank()', 'int'],
    ['dense_rank()', 'int'],
    ['count(*)', 'int'],
    [`lag(${value.name})`, value.kind],
    [`lead(${value.name}, 2)`, value.kind],
    [`first_value(${value.name})`, value.kind],
    [`max(${value.name})`, value.kind],
  ] as const)
  const framed = /^(count|max|first)/.test(call) && draw(2) === 0
  const rows = framed ? pick(draw, [' rows between 2 preceding and 1 following', ' rows 3 preceding']) : ''
  const text = `${call} over (partition by ${partition} order by ${listOf(columns)}${rows})`
  return {
    columns: [...columns, { name, kind }],
    frame: (tables) => frame(tables).withColumns({ [name]: text }),
    query: `select *, ${text} as ${name} from (${query})`,
  }
}

function firstOfEach({ columns, frame, query }: Pipeline, draw: Draw): Pipeline {
  const names = [...new Set([pick(draw, columns).name, pick(draw, columns).name])]
  return {
    columns,
    frame: (tables) =>
      frame(tables)
        .sort(...columns.map(({ name }) => name))
        .distinct(...names),
    query: `select distinct on (${names.join(', ')}) * from (${query}) order by all`,
  }
}
