/** Functions for `mapBatches` that use the columns they are given to write into, each in its own way. */

const values = (batch) => batch.getChild('x').toArray()

const fill = (batch, { twice, day }) => {
  values(batch).forEach((x, row) => {
    twice[row] = x * 2
    day[row] = BigInt(row)
  })
}

export const writesAll = (batch, _, output) => {
  fill(batch, output)
  return output
}

export const writesLater = async (batch, _, output) => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  return writesAll(batch, _, output)
}

/** Another order of columns, and one column that it made itself. */
export const writesSome = (batch, _, output) => {
  fill(batch, output)
  return { day: output.day, twice: Float64Array.from(output.twice) }
}

/** The first half of the rows. */
export const writesFewer = (batch, _, output) => {
  fill(batch, output)
  const half = Math.floor(batch.numRows / 2)
  return { twice: output.twice.subarray(0, half), day: output.day.subarray(0, half) }
}

/** Tells what it was given, in columns of its own. */
export const describesOutput = (batch, _, output) => ({
  names: [Object.keys(output).join(' ')],
  lengths: [Object.values(output).every((array) => array.length === batch.numRows)],
  shared: [Object.values(output).every((array) => array.buffer instanceof SharedArrayBuffer)],
  amount: [null],
})
