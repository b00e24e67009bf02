/** Lets the records of dead letters enter their pipeline again, at the stages that could not process them. */

import { type FileHandle, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readError } from '../../../io/file-errors.js'
import { VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { type ReturningRecords, reprocessing } from '../../../planner/pipeline/reprocessing.js'
import type { PipelineReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import { runName } from './dead-letters.js'

const DONE = '.done'

/**
 * `path` is a file of dead letters, or a directory of some. They are renamed to `.done` when all of their records have passed
 * or become dead letters once more: `run` has resolved with a run that is done.
 *
 * @throws VolleyError VOLLEY_FILE_NOT_FOUND, VOLLEY_UNSUPPORTED for records that are not as the stage got them
 */
export async function reprocess(
  definition: PipelineDefinition,
  path: string,
  services: PipelineServices,
  run: (part: PipelineDefinition) => Promise<PipelineReport>,
): Promise<PipelineReport> {
  const files = await lettersIn(resolve(path))
  const directory = await mkdtemp(join(tmpdir(), 'volley-reprocess-'))
  try {
    const records = await unpack(files, definition.name, directory, services)
    const name = `reprocessed-${runName(new Date())}`
    const report = await run(reprocessing(definition, { records, letters: new Set(files), name }))
    if (report.status === 'done') for (const file of files) await rename(file, `${file}${DONE}`)
    return report
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function lettersIn(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
  } catch (error) {
    throw readError(path, error)
  }
  const names = (await readdir(path)).filter((name) => name.endsWith('.parquet') && !name.startsWith('.'))
  if (names.length > 0) return names.sort().map((name) => join(path, name))
  throw new VolleyError('VOLLEY_FILE_NOT_FOUND', `there are no dead letters in ${path}: expected *.parquet`, { path })
}

interface Letter {
  readonly pipeline: string
  readonly stage: string
  readonly step: string
  readonly record: string
  readonly columns: string | null
}

/** Writes the records of each stage, and of each set of columns, to a file of their own. */
async function unpack(
  files: readonly string[],
  pipeline: string,
  directory: string,
  { scans, runtime }: PipelineServices,
): Promise<readonly ReturningRecords[]> {
  const groups = new Map<string, { readonly records: ReturningRecords; readonly handle: FileHandle }>()
  try {
    const letters = new Frame(scans.scanFormat('parquet', files, {}), runtime)
    for await (const row of letters.select('pipeline', 'stage', 'step', 'record', 'columns').rows()) {
      const letter = row as unknown as Letter
      const columns = columnsOf(letter, pipeline)
      const key = JSON.stringify([letter.stage, columns])
      let group = groups.get(key)
      if (group === undefined) {
        const path = join(directory, `${groups.size + 1}.ndjson`)
        const types = JSON.parse(columns) as Readonly<Record<string, string>>
        group = { records: { stage: letter.stage, path, types }, handle: await open(path, 'w') }
        groups.set(key, group)
      }
      await group.handle.appendFile(`${letter.record}\n`)
    }
  } finally {
    for (const { handle } of groups.values()) await handle.close()
  }
  return [...groups.values()].map(({ records }) => records)
}

function columnsOf({ pipeline, stage, step, columns }: Letter, expected: string): string {
  if (pipeline !== expected) {
    throw new VolleyError(
      'VOLLEY_INVALID_ARGUMENT',
      `the dead letters are of pipeline '${pipeline}', not of '${expected}'`,
      { expected, actual: pipeline },
    )
  }
  if (columns !== null) return columns
  throw new VolleyError(
    'VOLLEY_UNSUPPORTED',
    `a record of stage '${stage}' is as ${step} found it, in the middle of a plan, and not as the stage got it: it cannot enter there again`,
    { stage },
  )
}
