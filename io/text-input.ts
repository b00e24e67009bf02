/** Reads text files as chunks of valid UTF-8; those named `.gz` are decompressed. */

import { isUtf8 } from 'node:buffer'
import { createReadStream, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { VolleyError } from '../planner/errors.js'
import { readError, systemCode } from './file-errors.js'

const CHUNK_BYTES = 256 << 10
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Chunks never end inside a character, and a byte order mark is left out. Throws VOLLEY_FILE_NOT_FOUND,
 * VOLLEY_INVALID_UTF8 with the line, and VOLLEY_CORRUPT_FILE or VOLLEY_TRUNCATED_FILE for bad compressed data.
 */
export async function* textChunks(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let lines = 0
  let atStart = true
  try {
    for await (const bytes of byteChunks(path)) {
      let chunk = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      if (atStart) {
        if (chunk.length < BYTE_ORDER_MARK.length) {
          rest = chunk
          continue
        }
        atStart = false
        if (chunk.subarray(0, 3).equals(BYTE_ORDER_MARK)) chunk = chunk.subarray(3)
      }
      const whole = completeLength(chunk)
      rest = chunk.subarray(whole)
      chunk = chunk.subarray(0, whole)
      if (!isUtf8(chunk)) throw invalidUtf8(path, chunk, lines)
      lines += countLines(chunk, chunk.length)
      if (chunk.length > 0) yield chunk
    }
  } catch (error) {
    throw explain(path, error)
  }
  if (rest.length > 0) {
    if (!isUtf8(rest)) throw invalidUtf8(path, rest, lines)
    yield rest
  }
}

/** Bytes of the files on disk, for estimates. */
export function fileBytes(paths: readonly string[]): number {
  let bytes = 0
  for (const path of paths) {
    try {
      bytes += statSync(path).size
    } catch (error) {
      throw readError(path, error)
    }
  }
  return bytes
}

async function* byteChunks(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  if (!path.endsWith('.gz')) {
    yield* file
    return
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  file.on('error', (error) => gunzip.destroy(error))
  try {
    yield* file.pipe(gunzip)
  } finally {
    file.destroy()
  }
}

function explain(path: string, error: unknown): Error {
  switch (systemCode(error)) {
    case 'Z_BUF_ERROR':
      return new VolleyError('VOLLEY_TRUNCATED_FILE', `${path} is truncated: its gzip data has no end`, { path }, error)
    case 'Z_DATA_ERROR':
      return new VolleyError('VOLLEY_CORRUPT_FILE', `${path} is corrupt: it is not gzip data`, { path }, error)
    default:
      return readError(path, error)
  }
}

/** Bytes up to the last character that is there as a whole; a tail that cannot become one counts as whole. */
function completeLength(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back]
    if (byte < 0x80) return chunk.length
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needed > back ? chunk.length - back : chunk.length
    }
  }
  return chunk.length
}

function countLines(chunk: Buffer, end: number): number {
  let lines = 0
  for (let at = chunk.indexOf(10); at >= 0 && at < end; at = chunk.indexOf(10, at + 1)) lines++
  return lines
}

function invalidUtf8(path: string, chunk: Buffer, linesBefore: number): VolleyError {
  let low = 0
  let high = chunk.length
  // The longest valid beginning; cutting a character in two makes it invalid, hence `completeLength`.
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const part = chunk.subarray(0, middle)
    if (isUtf8(part.subarray(0, completeLength(part)))) low = middle
    else high = middle
  }
  const line = linesBefore + countLines(chunk, low) + 1
  return new VolleyError('VOLLEY_INVALID_UTF8', `${path}, line ${line}: not valid UTF-8`, { path, line })
}
