/** Arquero: tables of JavaScript arrays, worked on by generated loops. */

import type * as arquero from 'arquero'
import type { ColumnTable } from 'arquero'
import type { Answer } from '../answers.js'
import { loadColumns, plainCell } from './columns.js'

export interface ArqueroEngine {
  readonly aq: typeof arquero
  /** The named columns of a Parquet file: numbers in typed arrays, dates as Dates, texts as strings. */
  load(path: string, columns: readonly string[]): Promise<ColumnTable>
}

export async function openArquero(): Promise<ArqueroEngine> {
  const aq = await import('arquero')
  return {
    aq,
    load: async (path, columns) => aq.table(await loadColumns(path, columns)),
  }
}

/** Rows in the table's order, without those that it filters out. */
export function arqueroAnswer(table: ColumnTable): Answer {
  const values = table.columnNames().map((name) => table.column(name)!)
  return Array.from(table.indices(), (row) => values.map((column) => plainCell(column.at(row))))
}
