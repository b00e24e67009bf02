/** Which file format a path means. */

import {
  extensionsOf,
  type FileFormat,
  formatOfName,
  formatOfPath,
  isDirectory,
  KNOWN_EXTENSIONS,
} from '../../../io/file-format.js'
import { expandPaths } from '../../../io/paths.js'
import { nearestName } from '../../../planner/errors.js'
import { UsageError } from '../command-line/usage-error.js'

/** The one format of all inputs: files, globs, and directories, whose files tell. */
export function inputsFormat(inputs: readonly string[]): FileFormat {
  const formats = new Set(inputs.map(inputFormat))
  if (formats.size > 1) throw new UsageError(`inputs of several formats: ${[...formats].join(', ')}`)
  const [format] = formats
  return format
}

/** An empty or missing directory counts as Parquet. */
function inputFormat(path: string): FileFormat {
  const format = formatOfPath(path) ?? (isDirectory(path) ? 'parquet' : null)
  if (format === null) throw unknownFormat(path)
  return format
}

/** The files that inputs of a format stand for. */
export function inputFiles(inputs: readonly string[], format: FileFormat): string[] {
  return expandPaths(inputs, extensionsOf(format))
}

/** A directory of partitions is always Parquet. */
export function outputFormat(path: string, partitioned: boolean): FileFormat {
  const format = formatOfName(path)
  if (partitioned) {
    if (format !== null && format !== 'parquet') throw new UsageError(`--partition-by writes Parquet only, not ${path}`)
    return 'parquet'
  }
  if (format === null) throw unknownFormat(path)
  return format
}

function unknownFormat(path: string): UsageError {
  const extension = /\.[^./\\]+$/.exec(path)?.[0]
  const near = extension === undefined ? null : nearestName(extension, KNOWN_EXTENSIONS)
  const known = KNOWN_EXTENSIONS.join(', ')
  return new UsageError(
    `cannot tell the format of ${path} by its name`,
    near === null ? `known extensions: ${known}` : `did you mean ${near}? Known extensions: ${known}`,
  )
}
