/** What can be said of a consumer before any of its rows are there. */

import { resolve } from 'node:path'
import { isDirectory } from '../../../io/file-format.js'
import { partitionedSchema } from '../../../io/parquet/partition-rows.js'
import { checkSinkOptions } from '../../../planner/arguments.js'
import { unreachable, VolleyError } from '../../../planner/errors.js'
import type { ConsumerStage } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import { userCall } from '../user-call.js'
import { expectDirectory, type FileTarget, sinkTarget } from './file-consumer.js'
import { checkKey } from './keys.js'
import { expectNoDirectory } from './upsert-file.js'

/** Throws what the consumer would, for these columns; null where they are not known. Opens no database, and reads no file. */
export async function checkTarget(
  { target }: Pick<ConsumerStage, 'target'>,
  schema: Schema | null,
  directory: string,
): Promise<void> {
  switch (target.kind) {
    case 'file':
      checkFile(target, resolve(directory, target.path), schema)
      return
    case 'database':
      if (schema !== null && target.mode === 'upsert') checkKey(target.key, schema, target.table)
      return
    case 'function':
      await userCall(target.function)
      return
    default:
      return unreachable(target)
  }
}

function checkFile({ format, mode, key, options }: FileTarget, path: string, schema: Schema | null): void {
  checkSinkOptions(sinkTarget(format, path, options, false))
  const { partitionBy = [] } = options
  if (schema !== null && partitionBy.length > 0) partitionedSchema(schema, partitionBy)
  switch (mode) {
    case 'append':
      expectDirectory(path)
      return
    case 'upsert':
      if (schema !== null) checkKey(key, schema, path)
      expectNoDirectory(path)
      return
    case 'replace':
    case 'fail':
      if (partitionBy.length === 0 && isDirectory(path)) {
        throw new VolleyError('VOLLEY_IO', `cannot write ${path}: it is a directory`, { path })
      }
      return
    default:
      unreachable(mode)
  }
}
