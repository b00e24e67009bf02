/** Opens where a consumer stage's rows go. */

import { resolve } from 'node:path'
import { unreachable } from '../../../planner/errors.js'
import type { ConsumerStage, TargetDefinition } from '../../../planner/pipeline/definition.js'
import type { Consumer } from '../stage.js'
import { DatabaseConsumer } from './database-consumer.js'
import { DuckDbLoader } from './duckdb-loader.js'
import { FileConsumer } from './file-consumer.js'
import { FunctionConsumer } from './function-consumer.js'
import type { ConsumerSetting } from './setting.js'
import type { TableLoader, TableTarget } from './table-loader.js'
import { UpsertFileConsumer } from './upsert-file.js'

export type { ConsumerSetting } from './setting.js'

/** Nothing is touched before the consumer's own `open`. Files can be written at `finish` alone: these are not resumable. */
export async function openConsumer({ target }: ConsumerStage, setting: ConsumerSetting): Promise<Consumer> {
  switch (target.kind) {
    case 'file':
      return target.mode === 'upsert' ? new UpsertFileConsumer(target, setting) : new FileConsumer(target, setting)
    case 'database':
      return openDatabaseConsumer(target, setting)
    case 'function':
      return new FunctionConsumer(target.function, setting)
    default:
      return unreachable(target)
  }
}

type DatabaseTarget = Extract<TargetDefinition, { kind: 'database' }>

async function openDatabaseConsumer(target: DatabaseTarget, setting: ConsumerSetting): Promise<Consumer> {
  const { checkpoint, directory, id, services } = setting
  const { database, table, mode, key, create } = target
  const connection = database === 'postgresql' ? target.connection : resolve(directory, target.connection)
  const job = checkpoint === null ? null : { checkpoint, stage: id }
  const into: TableTarget = { connection, table, mode, key, create, job }
  const loaderOf = async (): Promise<TableLoader> => {
    switch (database) {
      case 'duckdb':
        return new DuckDbLoader(into, services)
      case 'sqlite': {
        const { SqliteLoader } = await import('./sqlite-loader.js')
        return new SqliteLoader(into, services)
      }
      case 'postgresql': {
        const { PostgresqlLoader } = await import('./postgresql-loader.js')
        return new PostgresqlLoader(into, services)
      }
      default:
        return unreachable(database)
    }
  }
  return new DatabaseConsumer(into, await loaderOf(), setting)
}
