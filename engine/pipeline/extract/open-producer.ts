/** Opens what a producer stage reads. */

import { InternalError, unreachable } from '../../../planner/errors.js'
import type { ProducerStage } from '../../../planner/pipeline/definition.js'
import type { Producer } from '../stage.js'
import { openDatabaseProducer } from './database-producer.js'
import { openFileProducer } from './file-producer.js'
import { FrameProducer } from './frame-producer.js'
import { openFunctionProducer } from './function-producer.js'
import { openHttpProducer } from './http-producer.js'
import { RecordsProducer } from './records-producer.js'
import type { ProducerSetting } from './setting.js'

export type { ProducerSetting } from './setting.js'

/** Reads no more than it needs to know the schema, where that can be known before the first batch. */
export async function openProducer({ source }: ProducerStage, setting: ProducerSetting): Promise<Producer> {
  switch (source.kind) {
    case 'file':
      return openFileProducer(source, setting)
    case 'http':
      return openHttpProducer(source, setting)
    case 'database':
      return openDatabaseProducer(source, setting)
    case 'function':
      return openFunctionProducer(source, setting)
    case 'frame':
      return FrameProducer.open(source.frame, setting)
    case 'records': {
      const { records, schema } = source
      return RecordsProducer.open(typeof records === 'function' ? records() : records, schema, setting)
    }
    case 'input':
      throw new InternalError(`the input of stage ${setting.id} is not connected`)
    default:
      return unreachable(source)
  }
}
