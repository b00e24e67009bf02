/** SQL that moves staged rows into a table: in words that all the databases know. */

import { columnList, quoteName, quoteText } from '../../../io/database/names.js'

/** Staged rows: columns `c0`, `c1`, ... in the order of `columns`. */
export interface StagedTable {
  readonly name: string
  /** The column with the numbers of the rows, which orders them. */
  readonly row: string
}

/** Rows of it, by their numbers, from `first` to the one before `end`. */
export function partOfStaged({ name, row }: StagedTable, first: number, end: number): StagedTable {
  return { name: `(select * from ${name} where ${row} >= ${first} and ${row} < ${end}) as part`, row }
}

/** Rows that one statement names. */
const NAMED_ROWS = 1000

/** Statements that take rows out of it. */
export function withoutRows({ name, row }: StagedTable, rows: readonly number[]): readonly string[] {
  return Array.from({ length: Math.ceil(rows.length / NAMED_ROWS) }, (_, at) => {
    const some = rows.slice(at * NAMED_ROWS, (at + 1) * NAMED_ROWS)
    return `delete from ${name} where ${row} in (${some.join(', ')})`
  })
}

export interface Destination {
  /** Quoted, as statements name it. */
  readonly table: string
  /** Quoted, as expressions name it. */
  readonly reference: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

export const BOOKKEEPING = '_volley_checkpoints'

export function stagedColumn(index: number): string {
  return `c${index}`
}

export function insertAll({ table, columns }: Destination, staged: StagedTable): string {
  const values = columns.map((_, index) => stagedColumn(index)).join(', ')
  return `insert into ${table} (${columnList(columns)}) select ${values} from ${staged.name} order by ${staged.row}`
}

/** Of rows with the same key, the last one counts. */
export function upsertAll(destination: Destination, staged: StagedTable): readonly string[] {
  const { table, reference, columns, key } = destination
  const source = latest(destination, staged)
  const isKey = (name: string) => key.includes(name)
  const matches = (side: string) =>
    key.map((name) => `${side}.${quoteName(name)} = staged.${stagedColumn(columns.indexOf(name))}`).join(' and ')
  const changes = columns.flatMap((name, index) =>
    isKey(name) ? [] : [`${quoteName(name)} = staged.${stagedColumn(index)}`],
  )
  const values = columns.map((_, index) => `staged.${stagedColumn(index)}`).join(', ')
  return [
    ...(changes.length === 0
      ? []
      : [`update ${table} set ${changes.join(', ')} from ${source} where ${matches(reference)}`]),
    `insert into ${table} (${columnList(columns)}) select ${values} from ${source}
     where not exists (select 1 from ${table} as present where ${matches('present')})`,
  ]
}

/** The same for a table with a unique index on the key, safe beside others that write it. */
export function upsertOnConflict(destination: Destination, staged: StagedTable): readonly string[] {
  const { table, columns, key } = destination
  const values = columns.map((_, index) => stagedColumn(index)).join(', ')
  const changes = columns.filter((name) => !key.includes(name))
  const change = changes.map((name) => `${quoteName(name)} = excluded.${quoteName(name)}`).join(', ')
  return [
    `insert into ${table} (${columnList(columns)}) select ${values} from ${latest(destination, staged)}
     on conflict (${columnList(key)}) do ${change === '' ? 'nothing' : `update set ${change}`}`,
  ]
}

/** The last row of each key, as `staged`. */
export function latest({ columns, key }: Destination, { name, row }: StagedTable): string {
  const keys = key.map((own) => stagedColumn(columns.indexOf(own))).join(', ')
  const ranked = `select *, row_number() over (partition by ${keys} order by ${row} desc) as recency from ${name}`
  return `(select * from (${ranked}) as ranked where recency = 1) as staged`
}

/** How far jobs came, by checkpoint and stage. */
export function createBookkeeping(table: string): string {
  return `create table if not exists ${table} (
    checkpoint varchar(200) not null, stage varchar(200) not null, epoch bigint not null,
    finished boolean not null, updated timestamp not null, primary key (checkpoint, stage))`
}

export function selectCommitted(table: string, job: { readonly checkpoint: string; readonly stage: string }): string {
  return `select epoch, finished from ${table} where ${ofJob(job)}`
}

export function forgetCommitted(table: string, job: { readonly checkpoint: string; readonly stage: string }): string {
  return `delete from ${table} where ${ofJob(job)}`
}

export function recordCommitted(
  table: string,
  job: { readonly checkpoint: string; readonly stage: string },
  epoch: number,
  isFinished: boolean,
): readonly string[] {
  const values = [quoteText(job.checkpoint), quoteText(job.stage), epoch, isFinished, 'current_timestamp']
  return [forgetCommitted(table, job), `insert into ${table} values (${values.join(', ')})`]
}

function ofJob({ checkpoint, stage }: { readonly checkpoint: string; readonly stage: string }): string {
  return `checkpoint = ${quoteText(checkpoint)} and stage = ${quoteText(stage)}`
}

/** Of the table that a replacement is gathered in, beside the one that it will replace. */
export function shadowName(table: string, stage: string): string {
  const parts = table.split('.')
  return [...parts.slice(0, -1), `_volley_${parts[parts.length - 1]}_${stage}`].join('.')
}
