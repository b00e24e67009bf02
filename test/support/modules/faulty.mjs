/** Functions for `mapBatches` and `mapRows` that go wrong, each in its own way. */

export const identity = (batch) => batch

export const throws = () => {
  throw new RangeError('no luck')
}

export const throwsNull = () => {
  throw null
}

export const rejects = async () => {
  throw new Error('no luck later')
}

/** Ends its thread in the middle of a task. */
export const exits = () => process.exit(3)

/** Lets a few batches pass first. */
let passed = 0
export const exitsLater = (batch) => (++passed > 2 ? process.exit(3) : batch)

/** Leaves an error behind that nobody waits for. */
export const forgets = (batch) => {
  Promise.reject(new Error('forgotten'))
  return batch
}

/** Throws after it was called, outside of any call. */
export const throwsLater = (batch) => {
  setTimeout(() => {
    throw new Error('out of the blue')
  }, 0)
  return new Promise((resolve) => setTimeout(resolve, 1000, batch))
}

export const recursesForEver = (batch) => recursesForEver(batch) + 1

export const neverSettles = () => new Promise(() => {})

/** Keeps its thread busy until long after every patience. */
export const neverReturns = () => {
  for (;;);
}

export const returnsNumber = () => 42

export const returnsNothing = () => undefined

export const returnsOtherColumns = () => ({ other: [1, 2] })

export const returnsUnequalColumns = () => ({ id: [1n, 2n], name: ['a'] })

export const returnsOtherRow = () => ({ id: 'seven', name: 'x' })

export const throwsAtRow = (row, { id }) => {
  if (row.id === id) throw new Error(`no ${id} please`)
  return row
}

/** Ends its thread at a row. */
export const exitsAtRow = (row, { id }) => (row.i === id ? process.exit(3) : row)
