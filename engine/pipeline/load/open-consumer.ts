/** Opens where a consumer stage's rows go. */

import { resolve } from 'node:path'
import { unreachable } from '../../../planner/errors.js'
import type { ConsumerStage, TargetDefinition } from '../../../planner/pipeline/definition.js'
import type { Consumer } from '../stage.js'
import { DatabaseConsumer } from './database-consumer.js'
import { DuckDbTarget } from './duckdb-target.js'
import { FileConsumer } from './file-consumer.js'
import { FunctionConsumer } from './function-consumer.js'
import type { LoadedDatabase } from './loaded-database.js'
import type { ConsumerSetting } from './setting.js'
import { TableLoader, type TableTarget } from './table-loader.js'
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
  const loaded = async (): Promise<LoadedDatabase> => {
    switch (database) {
      case 'duckdb':
        return new DuckDbTarget(into, services)
      case 'sqlite': {
        const { SqliteTarget } = await import('./sqlite-target.js')
        return new SqliteTarget(into, services)
      }
      case 'postgresql': {
        const { PostgresqlTarget } = await import('./postgresql-target.js')
        return new PostgresqlTarget(into, services)
      }
      default:
        return unreachable(database)
    }
  }
  return new DatabaseConsumer(into, new TableLoader(into, await loaded()), setting)
}
