/** Tables and queries of databases. */

import { resolve } from 'node:path'
import { unreachable } from '../../../planner/errors.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import type { Producer } from '../stage.js'
import { openDuckDbProducer } from './duckdb-producer.js'
import type { ProducerSetting } from './setting.js'

export async function openDatabaseProducer(source: DatabaseSource, setting: ProducerSetting): Promise<Producer> {
  switch (source.database) {
    case 'duckdb':
      return openDuckDbProducer({ ...source, connection: resolve(setting.directory, source.connection) }, setting)
    case 'sqlite': {
      const { openSqliteProducer } = await import('./sqlite-producer.js')
      return openSqliteProducer({ ...source, connection: resolve(setting.directory, source.connection) }, setting)
    }
    case 'postgresql': {
      const { openPostgresqlProducer } = await import('./postgresql-producer.js')
      return openPostgresqlProducer(source, setting)
    }
    default:
      return unreachable(source.database)
  }
}
