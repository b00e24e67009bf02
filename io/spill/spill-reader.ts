/** Reads batches of spill files back into shared memory. */

import { closeSync, openSync } from 'node:fs'
import { InternalError, VolleyError } from '../../planner/errors.js'
import type { DataType, Schema } from '../../planner/types.js'
import { type Allocate, align64, type Batch, childTypes, type MemoryViews, type Vector, vector } from '../batch.js'
import { readError, systemCode } from '../file-errors.js'
import { readFully } from '../read-fully.js'
import {
  NODE_CONSTANT,
  NODE_DICTIONARY,
  NODE_OFFSETS,
  NODE_VALIDITY,
  NODE_VALUES,
  NODE_WORDS,
  readHeader,
  type SpilledBatch,
} from './spill-file.js'

/** Kernels may read some bytes beyond a buffer. */
const BEYOND = 64

/** Reads batches, each into a fresh block. If one cannot be read, none is kept. Throws VOLLEY_IO, VOLLEY_MEMORY_LIMIT. */
export function readSpilled(
  memory: MemoryViews,
  batches: readonly SpilledBatch[],
  { allocate, release }: { readonly allocate: Allocate; readonly release: (block: number) => void },
): number[] {
  const blocks: number[] = []
  const files = new Map<string, number>()
  try {
    for (const batch of batches) {
      const block = allocate(batch.bytes + BEYOND)
      blocks.push(block)
      readInto(memory, batch, block, files)
    }
    return blocks
  } catch (error) {
    for (const block of blocks) release(block)
    throw error
  } finally {
    for (const descriptor of files.values()) closeSync(descriptor)
  }
}

/** Reads batches of one file into one fresh block; returns it, and where in it each begins. Throws as `readSpilled`. */
export function readTogether(
  memory: MemoryViews,
  path: string,
  pieces: readonly Pick<SpilledBatch, 'position' | 'bytes'>[],
  { allocate, release }: { readonly allocate: Allocate; readonly release: (block: number) => void },
): { readonly block: number; readonly addresses: readonly number[] } {
  const block = allocate(pieces.reduce((sum, { bytes }) => sum + bytes, 0) + BEYOND)
  const files = new Map<string, number>()
  let address = block
  try {
    const addresses = pieces.map(({ position, bytes }) => {
      readInto(memory, { path, position, bytes }, address, files)
      address += bytes
      return address - bytes
    })
    return { block, addresses }
  } catch (error) {
    release(block)
    throw error
  } finally {
    for (const descriptor of files.values()) closeSync(descriptor)
  }
}

function readInto(
  memory: MemoryViews,
  batch: Omit<SpilledBatch, 'rows'>,
  block: number,
  files: Map<string, number>,
): void {
  const { path, position, bytes } = batch
  try {
    const descriptor = files.get(path) ?? openSync(path, 'r')
    files.set(path, descriptor)
    const read = readFully(descriptor, memory.u8.subarray(block, block + bytes), position)
    if (read === bytes) return
    throw new VolleyError('VOLLEY_IO', `${path} ends at ${position + read}, a batch goes to ${position + bytes}`, {
      path,
    })
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw readError(path, error)
    throw new VolleyError('VOLLEY_IO', `cannot read ${path}: somebody removed it`, { path }, error)
  }
}

/** A batch that was read to the address `block`. Its vectors list no blocks: they last as long as whoever holds it. */
export function spilledBatch(memory: MemoryViews, schema: Schema, block: number): Batch {
  const { rows, nodes, buffers } = readHeader(memory, block)
  const cursor: Cursor = { nodes, node: 0, address: buffers }
  const columns = schema.fields.map(({ type }) => readVector(cursor, type))
  return { schema, length: rows, columns }
}

interface Cursor {
  readonly nodes: Int32Array
  node: number
  address: number
}

function readVector(cursor: Cursor, type: DataType, isDictionary = false): Vector {
  const at = cursor.node
  if (at + NODE_WORDS > cursor.nodes.length) throw new InternalError('a spilled batch has fewer nodes than its schema')
  const [length, width, flags, validityBytes, offsetsBytes, valuesBytes] = cursor.nodes.subarray(at, at + NODE_WORDS)
  cursor.node += NODE_WORDS
  const place = (flag: number, bytes: number) => {
    if ((flags & flag) === 0) return 0
    const address = cursor.address
    cursor.address += align64(bytes)
    return address
  }
  const validity = place(NODE_VALIDITY, validityBytes)
  const offsets = place(NODE_OFFSETS, offsetsBytes)
  const values = place(NODE_VALUES, valuesBytes)
  const constant = (flags & NODE_CONSTANT) !== 0
  const isEncoded = !isDictionary && (flags & NODE_DICTIONARY) !== 0
  const dictionary = isEncoded ? readVector(cursor, type, true) : null
  const children = isEncoded || type.kind === 'null' ? [] : childTypes(type).map((child) => readVector(cursor, child))
  return vector(type, length, { validity, offsets, values, width, constant, dictionary, children })
}
