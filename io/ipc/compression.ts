/** Decompresses the buffers of Arrow IPC bodies. */

import * as zlib from 'node:zlib'
import { CompressionType, compressionRegistry } from 'apache-arrow'
import { VolleyError } from '../../planner/errors.js'
import { decompressLz4Frame } from './lz4.js'

/** Decompresses `source` into all of `output`; throws an Error if it does not come out at that length. */
export type Decompress = (source: Uint8Array, output: Uint8Array) => void

/** LZ4 always; ZSTD where Node has it (from 22.15), or with a codec of apache-arrow's registry. */
export function decompressor(type: CompressionType | null, path: string): Decompress {
  if (type === CompressionType.LZ4_FRAME) return decompressLz4Frame
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (source: Uint8Array) => Uint8Array }
  const codec = type === null ? null : compressionRegistry.get(type)
  const decode = type === CompressionType.ZSTD ? (zstdDecompressSync ?? codec?.decode) : undefined
  if (decode === undefined) {
    const codecName = type === CompressionType.ZSTD ? 'ZSTD' : `codec ${type}`
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      `${path} is compressed with ${codecName}: this Node cannot read it (22.15 can read ZSTD), nor is there a codec in apache-arrow's compressionRegistry`,
      { path, actual: codecName },
    )
  }
  return (source, output) => {
    const bytes = decode(source)
    if (bytes.length !== output.length) {
      throw new Error(`a compressed buffer has ${bytes.length} bytes instead of ${output.length}`)
    }
    output.set(bytes)
  }
}
