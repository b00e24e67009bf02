/** How volley's own strategies drive components of the user's. */

import type { RecordBatch } from 'apache-arrow'
import type { Component } from '../../../planner/component.js'
import { InternalError, unreachable } from '../../../planner/errors.js'
import { recordBatchesOf } from '../../operators/map.js'
import {
  type ComponentMetrics,
  type ExecutionStrategy,
  MAIN,
  type Out,
  type Outputs,
  type Payload,
} from '../strategy.js'
import { isFaultOfQuery, methodFailure } from './failures.js'
import { HeldEmissions, isMalformedRow } from './held-emissions.js'
import { type BuiltInName, isUnsupported, methodFor } from './method.js'

/** Rows that a method for batches gets at once where records should pass one at a time. */
const FEW_ROWS = 64

/** A run of one component: what its methods are called with, and how far the input has been passed on. */
interface Drive {
  readonly component: Component
  readonly payload: Payload
  readonly metrics: ComponentMetrics
  readonly outputs: Outputs
  position: number
}

/** Own strategies may pass on to these what they do not do themselves. */
export const builtInStrategies: Readonly<Record<BuiltInName, ExecutionStrategy>> = Object.freeze({
  row: strategyOf('row', FEW_ROWS),
  bulk: strategyOf('bulk', Number.POSITIVE_INFINITY),
  bigdata: strategyOf('bigdata', Number.POSITIVE_INFINITY),
})

function strategyOf(name: BuiltInName, batchRows: number): ExecutionStrategy {
  return Object.freeze({
    name,
    supports: (component: Component) => {
      const choice = methodFor(name, component)
      return isUnsupported(choice) ? choice : true
    },
    execute: (component: Component, payload: Payload, metrics: ComponentMetrics) => {
      const choice = methodFor(name, component)
      if (isUnsupported(choice))
        throw new InternalError(`component '${component.name}' under ${name}: ${choice.reason}`)
      const drive: Drive = { component, payload, metrics, outputs: payload.outputs(), position: 0 }
      switch (choice.method) {
        case 'processRow':
          return passed(drive, (batch) => rowByRow(drive, batch))
        case 'processBulk':
          return passed(drive, (batch) => inSlices(drive, batch, batchRows))
        case 'processBigData':
          return queried(drive)
        default:
          return unreachable(choice.method)
      }
    },
  })
}

async function* passed(
  drive: Drive,
  process: (batch: RecordBatch) => AsyncIterable<Out> | Promise<void>,
): AsyncGenerator<Out> {
  const { component, payload, outputs } = drive
  for await (const batch of payload.input) {
    const outs = process(batch)
    if (outs instanceof Promise) await outs
    else yield* outs
    drive.position += batch.numRows
    yield* outputs.take()
  }
  outputs.record = null
  try {
    await component.finish?.(outputs.emit)
  } catch (cause) {
    throw methodFailure(component, 'finish', cause)
  }
  yield* outputs.take()
}

async function rowByRow({ component, payload, metrics, outputs, position }: Drive, batch: RecordBatch): Promise<void> {
  const { reject } = payload
  let index = 0
  for (const record of payload.rowsOf(batch)) {
    const row = position + index
    outputs.record = row
    metrics.calls++
    // Of a record that is rejected in the end, nothing is put out.
    const held = reject === undefined ? null : new HeldEmissions(payload.ports, row)
    const emit = held?.emit ?? outputs.emit
    try {
      const returned = component.processRow?.(record, emit)
      const result = returned instanceof Promise ? await returned : returned
      if (result !== null && result !== undefined) emit(result)
      held?.passOn(outputs.emit)
    } catch (cause) {
      const error = isMalformedRow(cause) ? cause : methodFailure(component, 'processRow', cause, { row })
      if (reject === undefined) throw error
      await reject({ batch, index, row, method: 'processRow', error })
    }
    index++
  }
}

/** What a call gives is put out before the next: it may consist of views of the slice. */
async function* inSlices(drive: Drive, batch: RecordBatch, sliceRows: number): AsyncGenerator<Out> {
  if (batch.numRows <= sliceRows) return yield* oneSlice(drive, batch, drive.position)
  for (let start = 0; start < batch.numRows; start += sliceRows) {
    const end = Math.min(start + sliceRows, batch.numRows)
    yield* oneSlice(drive, batch.slice(start, end), drive.position + start)
  }
}

async function* oneSlice(
  { component, payload, metrics, outputs }: Drive,
  batch: RecordBatch,
  firstRow: number,
): AsyncGenerator<Out> {
  metrics.calls++
  outputs.record = firstRow
  let result: unknown
  try {
    result = await component.processBulk?.(batch, outputs.emit)
  } catch (cause) {
    throw methodFailure(component, 'processBulk', cause, { firstRow })
  }
  if (result !== null && result !== undefined) {
    const label = `processBulk of component '${component.name}'`
    for (const returned of recordBatchesOf({ label }, payload.ports.main, result)) outputs.emit(returned)
  }
  yield* outputs.take()
}

async function* queried({ component, payload, metrics }: Drive): AsyncGenerator<Out> {
  metrics.calls++
  const results = payload.query((relation) => {
    try {
      const sql: unknown = component.processBigData?.(relation)
      if (typeof sql === 'string') return sql
      throw new TypeError(`it returned ${typeof sql}, not the text of a query`)
    } catch (cause) {
      throw methodFailure(component, 'processBigData', cause)
    }
  })
  try {
    for await (const batch of results) yield { port: MAIN, batch }
  } catch (cause) {
    throw isFaultOfQuery(cause) ? methodFailure(component, 'processBigData', cause) : cause
  }
}
