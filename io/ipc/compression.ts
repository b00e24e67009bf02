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
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      `${path} is compressed with ${type === CompressionType.ZSTD ? 'ZSTD, which needs Node 22.15' : `codec ${type}`}`,
      { path },
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
