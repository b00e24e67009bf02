/** Finds, checks and parses the footer of a Parquet file (parquet-format, README, "File format"). */

import { closeSync, fstatSync, openSync } from 'node:fs'
import { VolleyError } from '../../planner/errors.js'
import { readError } from '../file-errors.js'
import { readFully } from '../read-fully.js'
import { ChunkField, FileField, type FileMetadata, parseMetadata } from './metadata.js'
import { ThriftFormatError } from './thrift.js'

/** Where a file's metadata came from; workers compare the size and time, to notice that it was replaced. */
export interface ParquetFooter {
  readonly path: string
  readonly fileBytes: number
  readonly modifiedMs: number
  readonly metadata: FileMetadata
}

const MAGIC = 0x31524150 // PAR1
const ENCRYPTED_MAGIC = 0x45524150 // PARE
/** The magic at both ends and the footer's length. */
const SMALLEST_FILE = 12
/** Most footers fit, which saves a second read. */
const FIRST_READ = 64 * 1024

/**
 * Reads the footer of `path`. Throws VOLLEY_FILE_NOT_FOUND, VOLLEY_IO, VOLLEY_NOT_PARQUET, VOLLEY_TRUNCATED_FILE,
 * VOLLEY_CORRUPT_FILE, or VOLLEY_UNSUPPORTED for encrypted files and those with columns in other files.
 */
export function readFooter(path: string): ParquetFooter {
  let descriptor: number | null = null
  try {
    descriptor = openSync(path, 'r')
    const status = fstatSync(descriptor)
    if (status.isDirectory()) throw new VolleyError('VOLLEY_IO', `cannot read ${path}: it is a directory`, { path })
    const footer = readFooterBytes(path, descriptor, status.size)
    const metadata = parseFooter(path, footer, status.size)
    return { path, fileBytes: status.size, modifiedMs: status.mtimeMs, metadata }
  } catch (error) {
    throw readError(path, error)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

function readFooterBytes(path: string, descriptor: number, size: number): Uint8Array {
  const head = readAt(path, descriptor, 0, Math.min(4, size))
  const startsRight = size >= 4 && (uint32(head, 0) === MAGIC || uint32(head, 0) === ENCRYPTED_MAGIC)
  if (!startsRight) {
    const found = size === 0 ? 'it is empty' : `it starts with ${describe(head)}, not with "PAR1"`
    throw new VolleyError('VOLLEY_NOT_PARQUET', `${path} is not a Parquet file: ${found}`, { path })
  }
  if (size < SMALLEST_FILE) throw truncated(path, `${size} bytes are too few for a Parquet file`)
  const tail = readAt(path, descriptor, Math.max(0, size - FIRST_READ), Math.min(size, FIRST_READ))
  const magic = uint32(tail, tail.length - 4)
  if (magic === ENCRYPTED_MAGIC) throw encrypted(path)
  if (magic !== MAGIC) throw truncated(path, `it ends with ${describe(tail.subarray(-4))}, not with "PAR1"`)
  const length = uint32(tail, tail.length - 8)
  if (length > size - SMALLEST_FILE) {
    throw truncated(path, `its footer should have ${length} bytes, the whole file has ${size}`)
  }
  if (length + 8 <= tail.length) return tail.subarray(tail.length - 8 - length, tail.length - 8)
  return readAt(path, descriptor, size - 8 - length, length)
}

function parseFooter(path: string, footer: Uint8Array, size: number): FileMetadata {
  let metadata: FileMetadata
  try {
    metadata = parseMetadata(footer)
  } catch (error) {
    if (!(error instanceof ThriftFormatError)) throw error
    throw corrupt(path, error.message, error)
  }
  if (metadata.tree.has(FileField.ENCRYPTION)) throw encrypted(path)
  const end = size - 8 - footer.length
  for (const [index, group] of metadata.rowGroups.entries()) {
    for (const chunk of group.columns) {
      const column = chunk.path.join('.')
      if (chunk.tree.has(ChunkField.CRYPTO)) throw encrypted(path)
      if (chunk.tree.has(ChunkField.FILE_PATH)) {
        throw new VolleyError('VOLLEY_UNSUPPORTED', `${path}: column ${column} lies in another file`, { path, column })
      }
      // A chunk without values may have no pages, and then states no place.
      if (chunk.values === 0 && chunk.compressedBytes === 0) continue
      if (chunk.offset < 4 || chunk.offset + chunk.compressedBytes > end) {
        const place = `bytes ${chunk.offset} to ${chunk.offset + chunk.compressedBytes}`
        throw corrupt(path, `column ${column} of row group ${index} should lie in ${place}, data end at ${end}`)
      }
    }
  }
  return metadata
}

function readAt(path: string, descriptor: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  if (readFully(descriptor, bytes, position) < length) throw truncated(path, 'it became shorter while it was read')
  return bytes
}

function uint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true)
}

function describe(bytes: Uint8Array): string {
  const printable = bytes.every((byte) => byte >= 32 && byte < 127)
  return printable ? JSON.stringify(String.fromCharCode(...bytes)) : `bytes ${Buffer.from(bytes).toString('hex')}`
}

function truncated(path: string, reason: string): VolleyError {
  return new VolleyError('VOLLEY_TRUNCATED_FILE', `${path} is not complete: ${reason}`, { path })
}

function corrupt(path: string, reason: string, cause?: unknown): VolleyError {
  return new VolleyError('VOLLEY_CORRUPT_FILE', `the footer of ${path} is corrupt: ${reason}`, { path }, cause)
}

function encrypted(path: string): VolleyError {
  return new VolleyError('VOLLEY_UNSUPPORTED', `${path} is encrypted, which is not supported`, { path })
}
