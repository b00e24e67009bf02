/** Which file format a path means. */

import { readdirSync, statSync } from 'node:fs'
import { expandPaths } from '../../io/paths.js'
import { nearestName } from '../../planner/errors.js'
import { UsageError } from './usage-error.js'

export type FileFormat = 'parquet' | 'arrow' | 'csv' | 'ndjson'

const EXTENSIONS: Readonly<Record<string, FileFormat>> = {
  '.parquet': 'parquet',
  '.arrow': 'arrow',
  '.feather': 'arrow',
  '.arrows': 'arrow',
  '.ipc': 'arrow',
  '.csv': 'csv',
  '.csv.gz': 'csv',
  '.tsv': 'csv',
  '.tsv.gz': 'csv',
  '.ndjson': 'ndjson',
  '.ndjson.gz': 'ndjson',
  '.jsonl': 'ndjson',
  '.jsonl.gz': 'ndjson',
}

/** The one format of all inputs: files, globs, and directories, whose files tell. */
export function inputsFormat(inputs: readonly string[]): FileFormat {
  const formats = new Set(inputs.map(inputFormat))
  if (formats.size > 1) throw new UsageError(`inputs of several formats: ${[...formats].join(', ')}`)
  const [format] = formats
  return format
}

/** An empty or missing directory counts as Parquet. */
function inputFormat(path: string): FileFormat {
  const format = formatOf(path)
  if (format !== null) return format
  if (isDirectory(path)) return directoryFormat(path) ?? 'parquet'
  throw unknownFormat(path)
}

/** Tabs instead of commas, as the extension says. */
export function isTabSeparated(path: string): boolean {
  return /\.tsv(\.gz)?$/i.test(path)
}

/** The files that inputs of a format stand for. */
export function inputFiles(inputs: readonly string[], format: FileFormat): string[] {
  const extensions = Object.keys(EXTENSIONS).filter((extension) => EXTENSIONS[extension] === format)
  return expandPaths(inputs, extensions)
}

/** A directory of partitions is always Parquet. */
export function outputFormat(path: string, partitioned: boolean): FileFormat {
  const format = formatOf(path)
  if (partitioned) {
    if (format !== null && format !== 'parquet') throw new UsageError(`--partition-by writes Parquet only, not ${path}`)
    return 'parquet'
  }
  if (format === null) throw unknownFormat(path)
  return format
}

function formatOf(path: string): FileFormat | null {
  const lower = path.toLowerCase()
  for (const [extension, format] of Object.entries(EXTENSIONS)) {
    if (lower.endsWith(extension)) return format
  }
  return null
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function directoryFormat(path: string): FileFormat | null {
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    const format = formatOf(name)
    if (format !== null) return format
  }
  return null
}

function unknownFormat(path: string): UsageError {
  const extension = /\.[^./\\]+$/.exec(path)?.[0]
  const near = extension === undefined ? null : nearestName(extension, Object.keys(EXTENSIONS))
  const known = Object.keys(EXTENSIONS).join(', ')
  return new UsageError(
    `cannot tell the format of ${path} by its name`,
    near === null ? `known extensions: ${known}` : `did you mean ${near}? Known extensions: ${known}`,
  )
}
