/** Functions that look at the memory that batches lie in, and write into it. */

const valuesOf = (batch, column) => batch.getChild(column).data[0].values

/** Passes batches on, after writing `marker` over the first value of `column` where it lies. */
export const mark = (batch, { column, marker }) => {
  valuesOf(batch, column)[0] = marker
  return batch
}

/** Where the values of `column` lie: one row for each batch. */
export const locate = (batch, { column }) => {
  const { buffer, byteOffset, byteLength } = valuesOf(batch, column)
  return {
    shared: [buffer instanceof SharedArrayBuffer],
    memory_bytes: [buffer.byteLength],
    address: [byteOffset],
    bytes: [byteLength],
  }
}
