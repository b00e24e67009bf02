/** Functions that fail for a while, each time in another way. What they have done is kept in files, beyond any thread. */

import { appendFileSync, existsSync, readFileSync } from 'node:fs'

function times(log) {
  return existsSync(log) ? readFileSync(log, 'utf8').length : 0
}

/** Ends its thread at the first batches: at as many as `times` says. */
export const exitsAtFirst = (batch, kwargs) => {
  if (times(kwargs.log) < kwargs.times) {
    appendFileSync(kwargs.log, '.')
    process.exit(3)
  }
  return batch
}

/** Throws an error marked as retryable at the first rows with the given id. */
export const throwsAtFirst = (row, kwargs) => {
  if (row.id === kwargs.id && times(kwargs.log) < kwargs.times) {
    appendFileSync(kwargs.log, '.')
    throw Object.assign(new Error('busy'), { retryable: true })
  }
  return row
}

/** Throws for some rows, whenever it is called for them. */
export const refuses = (row, { every }) => {
  if (row.id % BigInt(every) === 0n) throw new RangeError(`no ${row.id}`)
  return row
}

/** Gives rows that do not fit their schema. */
export const misshapes = (row, { every }) => (row.id % BigInt(every) === 0n ? { id: 'none' } : row)

/** Throws an error that has a cause, which has one, too. */
export const refusesForReason = (row) => {
  const reason = new RangeError('too small', { cause: new Error('by 3') })
  throw new TypeError(`no ${row.id}`, { cause: reason })
}
