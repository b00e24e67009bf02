/**
 * Reads the structs of the Arrow C Data Interface out of the codec's 32-bit memory.
 * Source: Arrow, "The Arrow C data interface", structure definitions.
 */

/** One array and its schema, as addresses in the codec's memory. */
export interface CArray {
  readonly memory: Uint8Array
  readonly format: string
  readonly length: number
  readonly nullCount: number
  /** First row within the buffers. */
  readonly offset: number
  /** Addresses; 0 where a buffer is absent. */
  readonly buffers: readonly number[]
  readonly children: readonly CArray[]
  readonly dictionary: CArray | null
}

const decoder = new TextDecoder()

/**
 *   ArrowSchema  0 format · 4 name · 8 metadata · 16 flags i64 · 24 n_children i64 · 32 children · 36 dictionary
 *   ArrowArray   0 length i64 · 8 null_count i64 · 16 offset i64 · 24 n_buffers i64 · 32 n_children i64
 *                40 buffers · 44 children · 48 dictionary
 */
export function readCArray(memory: WebAssembly.Memory, array: number, schema: number): CArray {
  return read(new DataView(memory.buffer), new Uint8Array(memory.buffer), array, schema)
}

function read(view: DataView, memory: Uint8Array, array: number, schema: number): CArray {
  const int64 = (address: number): number => Number(view.getBigInt64(address, true))
  const pointer = (address: number): number => view.getUint32(address, true)
  const formatStart = pointer(schema)
  const buffers = pointer(array + 40)
  const children = pointer(array + 44)
  const schemas = pointer(schema + 32)
  const dictionary = pointer(array + 48)
  return {
    memory,
    format: decoder.decode(memory.subarray(formatStart, memory.indexOf(0, formatStart))),
    length: int64(array),
    nullCount: int64(array + 8),
    offset: int64(array + 16),
    buffers: Array.from({ length: int64(array + 24) }, (_, i) => pointer(buffers + i * 4)),
    children: Array.from({ length: int64(array + 32) }, (_, i) =>
      read(view, memory, pointer(children + i * 4), pointer(schemas + i * 4)),
    ),
    dictionary: dictionary === 0 ? null : read(view, memory, dictionary, pointer(schema + 36)),
  }
}
