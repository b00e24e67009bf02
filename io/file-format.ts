/** Which format a path means: its extension tells, and for a directory those of the files in it. */

import { readdirSync, statSync } from 'node:fs'

export type FileFormat = 'parquet' | 'arrow' | 'csv' | 'ndjson'

const EXTENSIONS: Readonly<Record<FileFormat, readonly string[]>> = {
  parquet: ['.parquet'],
  arrow: ['.arrow', '.feather', '.arrows', '.ipc'],
  csv: ['.csv', '.csv.gz', '.tsv', '.tsv.gz'],
  ndjson: ['.ndjson', '.ndjson.gz', '.jsonl', '.jsonl.gz'],
}

const FORMATS = Object.keys(EXTENSIONS) as readonly FileFormat[]

export const KNOWN_EXTENSIONS: readonly string[] = FORMATS.flatMap((format) => EXTENSIONS[format])

/** In lower case. */
export function extensionsOf(format: FileFormat): readonly string[] {
  return EXTENSIONS[format]
}

/** Null if the extension is none of those known. */
export function formatOfName(name: string): FileFormat | null {
  const lower = name.toLowerCase()
  return FORMATS.find((format) => EXTENSIONS[format].some((extension) => lower.endsWith(extension))) ?? null
}

/** That of the name or, for a directory, of the first of its files that has one. */
export function formatOfPath(path: string): FileFormat | null {
  return formatOfName(path) ?? (isDirectory(path) ? formatInside(path) : null)
}

/** Tabs instead of commas, as the extension says. */
export function isTabSeparated(path: string): boolean {
  return /\.tsv(\.gz)?$/i.test(path)
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function formatInside(directory: string): FileFormat | null {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const format = formatOfName(name)
    if (format !== null) return format
  }
  return null
}
