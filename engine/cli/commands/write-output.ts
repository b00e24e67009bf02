/** Writes a frame to the file that a path names, and measures files. */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Frame } from '../../../planner/frame.js'
import type { RunOptions, RunReport } from '../../../planner/run-options.js'
import type { OutputArguments } from '../command-line/request.js'
import { UsageError } from '../command-line/usage-error.js'
import { outputFormat } from './formats.js'

export async function writeOutput(
  frame: Frame,
  path: string,
  options: OutputArguments,
  run: RunOptions,
): Promise<RunReport> {
  const { overwrite, compression, rowGroupSize, partitionBy } = options
  const format = checkOutput(path, options)
  switch (format) {
    case 'parquet':
      return frame.sinkParquet(
        path,
        {
          overwrite,
          ...(compression === undefined ? {} : { compression }),
          ...(rowGroupSize === undefined ? {} : { rowGroupSize }),
          ...(partitionBy.length === 0 ? {} : { partitionBy }),
        },
        run,
      )
    case 'arrow':
      return frame.sinkArrow(path, { overwrite, format: /\.arrows$/i.test(path) ? 'stream' : 'file' }, run)
    case 'csv':
      return frame.sinkCsv(path, { overwrite }, run)
    case 'ndjson':
      return frame.sinkNdjson(path, { overwrite }, run)
  }
}

/** Refuses options that the format of `path` has no use for. */
export function checkOutput(path: string, options: OutputArguments): ReturnType<typeof outputFormat> {
  const format = outputFormat(path, options.partitionBy.length > 0)
  if (format !== 'parquet') {
    if (options.compression !== undefined) throw new UsageError(`--compression is for Parquet, not ${path}`)
    if (options.rowGroupSize !== undefined) throw new UsageError(`--row-group-size is for Parquet, not ${path}`)
  }
  return format
}

/** How many files there are at the paths, those below directories included, and their bytes. */
export async function measureFiles(
  paths: readonly string[],
): Promise<{ readonly files: number; readonly bytes: number }> {
  let files = 0
  let bytes = 0
  for (const path of paths) {
    const found = await stat(path)
    if (found.isDirectory()) {
      const entries = await readdir(path, { withFileTypes: true })
      const inside = await measureFiles(entries.map((entry) => join(path, entry.name)))
      files += inside.files
      bytes += inside.bytes
    } else {
      files++
      bytes += found.size
    }
  }
  return { files, bytes }
}
