/** The ways in which plans are run, and plans that take long enough for something to go wrong in their middle. */

import type { Frame, ParquetSinkOptions, RunOptions } from '../../../index.js'
import { modulePath, type Scene } from '../../support/scene.js'

export interface Mode {
  readonly options: RunOptions
  /** Rows pass a function of the user's: DuckDB cannot read them by itself. */
  readonly isOpaque: boolean
}

/** Rows of the columns `i`, `k` and `text`. */
export const SCHEMA = { i: 'int64', k: 'int64', text: 'utf8' }
const identity = { module: modulePath('faulty.mjs'), function: 'identity' }

export const modes = {
  row: { options: { strategy: 'row' }, isOpaque: false },
  bulk: { options: { strategy: 'bulk' }, isOpaque: false },
  'bigdata, pushed down': { options: { strategy: 'bigdata' }, isOpaque: false },
  'bigdata in the workers': { options: { strategy: 'bigdata' }, isOpaque: true },
  'switched before the first morsel': { options: { strategy: 'bulk', switchAtMorsel: 0 }, isOpaque: false },
  'switched, staged to the end': { options: { strategy: 'bulk', switchAtMorsel: 2 }, isOpaque: true },
} as const satisfies Readonly<Record<string, Mode>>

export type ModeName = keyof typeof modes
export const modeNames = Object.keys(modes) as ModeName[]

/** What DuckDB takes part in. */
export const duckdbModes = modeNames.filter((name) => name !== 'row' && name !== 'bulk')

/** 61,440 rows with 1,000 keys and as many texts as rows, in 15 row groups. */
export const inputSql = (path: string) =>
  `copy (select i, i % 1000 as k, md5(i::varchar) as text from range(61440) t(i)) to '${path}' (row_group_size 4096)`

export function inputOf(scene: Pick<Scene, 'engine'>, path: string, name: ModeName): Frame {
  const table = scene.engine.scanParquet(path)
  return modes[name].isOpaque ? table.mapBatches(identity, { schema: SCHEMA }) : table
}

export const shapes = {
  sort: (table) => table.sort('text'),
  aggregate: (table) => table.groupBy('text').agg({ n: 'sum(k)' }),
  distinct: (table) => table.distinct('text'),
  join: (table) => table.join(table.rename({ i: 'j', k: 'l' }), { on: 'text' }),
  'full join': (table) => table.join(table.rename({ i: 'j', k: 'l' }), { on: 'text', how: 'full' }),
  window: (table) => table.withColumns({ n: 'row_number() over (partition by k order by text)' }),
} as const satisfies Readonly<Record<string, (table: Frame) => Frame>>

export type ShapeName = keyof typeof shapes
export const shapeNames = Object.keys(shapes) as ShapeName[]

const overwrite = true

/** How results are taken: all that DuckDB's COPY can write is written by it when the plan is pushed down. */
export const endings = {
  collect: (frame, _directory, options) => frame.collect(options),
  parquet: (frame, directory, options) => frame.sinkParquet(`${directory}/out.parquet`, PARQUET, options),
  csv: (frame, directory, options) => frame.sinkCsv(`${directory}/out.csv`, { overwrite }, options),
} as const satisfies Readonly<
  Record<string, (frame: Frame, directory: string, options: RunOptions) => Promise<unknown>>
>

const PARQUET: ParquetSinkOptions = { overwrite, rowGroupSize: 4096 }

export type EndingName = keyof typeof endings
