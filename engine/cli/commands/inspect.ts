/** `volley inspect`: what a Parquet file's footer says. */

import type { InspectedColumn, ParquetInspection } from '../../../io/parquet/inspect.js'
import { inspectParquet } from '../../../io/parquet/inspect.js'
import type { ColumnStatistics } from '../../../io/source.js'
import { formatBytes, formatCount, formatShare } from '../../../planner/quantities.js'
import type { Request } from '../command-line/request.js'
import { jsonText } from '../printing/json.js'
import { type TextColumn, textTable } from '../printing/text-table.js'
import { valueText } from '../printing/value-text.js'
import type { Terminal } from '../terminal.js'

type InspectRequest = Extract<Request, { kind: 'inspect' }>

/** Row groups listed one by one; of more, the first ones and the totals. */
const LISTED_ROW_GROUPS = 20
const WIDEST_VALUE = 28

export async function runInspect(request: InspectRequest, terminal: Terminal): Promise<void> {
  const inspection = inspectParquet(request.file)
  await terminal.print(request.json ? jsonText(plainStatistics(inspection)) : describe(inspection))
}

/** Statistics as text in the form of SQL, instead of counts of units. */
function plainStatistics(inspection: ParquetInspection): unknown {
  return {
    ...inspection,
    rowGroups: inspection.rowGroups.map((group) => ({
      ...group,
      columns: group.columns.map(({ type, statistics, ...column }) => ({
        ...column,
        statistics: statistics && {
          ...statistics,
          min: statistics.min === null ? null : valueText(statistics.min, type),
          max: statistics.max === null ? null : valueText(statistics.max, type),
        },
      })),
    })),
  }
}

function describe(inspection: ParquetInspection): string {
  const { rowGroups, schema } = inspection
  const facts = [
    formatBytes(inspection.fileBytes),
    `${formatCount(inspection.rows)} rows`,
    `${schema.length} columns`,
    `${rowGroups.length} row ${rowGroups.length === 1 ? 'group' : 'groups'}`,
    ...(inspection.createdBy === null ? [] : [`written by ${inspection.createdBy}`]),
  ]
  const keyValues = Object.entries(inspection.keyValues).map(([key, value]) => `${key}: ${formatBytes(value.length)}`)
  return [
    inspection.path,
    facts.join(', '),
    ...(keyValues.length === 0 ? [] : [`metadata ${keyValues.join(', ')}`]),
    '',
    schemaTable(inspection),
    storageTable(inspection),
    rowGroupTable(inspection),
  ].join('\n')
}

function schemaTable({ schema }: ParquetInspection): string {
  return textTable(
    columns('column', 'type', 'nullable'),
    schema.map(({ name, type, nullable }) => [name, type, nullable ? 'yes' : 'no']),
  )
}

/** A line for each leaf column, over all row groups. */
function storageTable({ rowGroups }: ParquetInspection): string {
  const total = rowGroups.reduce((sum, group) => sum + group.compressedBytes, 0)
  const [first] = rowGroups
  if (first === undefined) return 'no row groups\n'
  return textTable(
    columns('column', 'encodings', 'compression', '>size', '>share', '>ratio', '>nulls', 'min', 'max'),
    first.columns.map((_, leaf) => {
      const chunks = rowGroups.map((group) => group.columns[leaf])
      const compressed = chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0)
      const uncompressed = chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0)
      return [
        chunks[0].path,
        distinct(chunks.flatMap((chunk) => chunk.encodings)),
        distinct(chunks.map((chunk) => chunk.compression)),
        formatBytes(compressed),
        formatShare(compressed, total),
        compressed > 0 ? (uncompressed / compressed).toFixed(2) : '',
        nullCount(chunks),
        bound(chunks, 'min'),
        bound(chunks, 'max'),
      ]
    }),
    WIDEST_VALUE,
  )
}

function rowGroupTable({ rowGroups }: ParquetInspection): string {
  const listed = rowGroups.slice(0, LISTED_ROW_GROUPS)
  const table = textTable(
    columns('>row group', '>rows', '>size', '>uncompressed'),
    listed.map((group, i) => [
      String(i),
      formatCount(group.rows),
      formatBytes(group.compressedBytes),
      formatBytes(group.uncompressedBytes),
    ]),
  )
  const left = rowGroups.length - listed.length
  return left === 0 ? table : `${table}and ${formatCount(left)} more\n`
}

function nullCount(chunks: readonly InspectedColumn[]): string {
  let nulls = 0
  for (const { statistics } of chunks) {
    if (statistics === null || statistics.nullCount === null) return ''
    nulls += statistics.nullCount
  }
  return formatCount(nulls)
}

/** The least or greatest bound of all row groups; empty where one has none. */
function bound(chunks: readonly InspectedColumn[], side: 'min' | 'max'): string {
  let best: ColumnStatistics['min'] = null
  for (const { statistics } of chunks) {
    const value = statistics?.[side] ?? null
    if (value === null) {
      if (statistics !== null && statistics.nullCount !== null) continue
      return ''
    }
    if (best === null || (side === 'min' ? value < best : value > best)) best = value
  }
  return best === null ? '' : valueText(best, chunks[0].type)
}

function distinct(names: readonly string[]): string {
  return [...new Set(names)].join(' ')
}

/** Titles that begin with `>` are of columns aligned to the right. */
function columns(...titles: readonly string[]): TextColumn[] {
  return titles.map((title) =>
    title.startsWith('>') ? { title: title.slice(1), align: 'right' } : { title, align: 'left' },
  )
}
