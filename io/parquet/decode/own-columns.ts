/** Reads and decodes those columns of a morsel that need no codec. */

import { isMemoryLimit } from '../../../planner/errors.js'
import type { Field } from '../../../planner/types.js'
import type { Vector } from '../../batch.js'
import type { ParquetMorsel } from '../../source.js'
import type { ColumnChunk, SchemaNode } from '../metadata.js'
import { readFile } from '../morsel-file.js'
import type { PageTarget } from '../page-kernels.js'
import { chunksOf, fileOffset, parseMini } from '../read-plan.js'
import { Temporary } from '../temporary.js'
import { decodeChunk } from './chunk-decoder.js'
import { type OwnChunk, ownChunk } from './own-chunk.js'

export interface OwnColumns {
  /** By name; the caller owns their blocks. */
  readonly vectors: ReadonlyMap<string, Vector>
  readonly bytesRead: number
}

/** Decodes what it can of the columns `fields`, all of which lie in the file. Throws as `decodeMorsel` does. */
export function decodeOwnColumns(morsel: ParquetMorsel, fields: readonly Field[], target: PageTarget): OwnColumns {
  const metadata = parseMini(morsel)
  const vectors = new Map<string, Vector>()
  let bytesRead = 0
  for (const { name, type } of fields) {
    const node = metadata.root.children.find((child) => child.name === name) as SchemaNode
    const [chunk] = chunksOf(metadata, 0, node)
    const own = chunk === undefined ? null : ownChunk(chunk, node, type, morsel.rows)
    if (own === null) continue
    target.checkCancelled()
    const decoded = decodeAt(morsel, chunk, own, target)
    if (decoded === null) continue
    vectors.set(name, decoded)
    bytesRead += own.storedBytes
  }
  return { vectors, bytesRead }
}

/** Null if the chunk is for the codec: also where there is no room for its pages, which the codec keeps elsewhere. */
function decodeAt(morsel: ParquetMorsel, chunk: ColumnChunk, own: OwnChunk, target: PageTarget): Vector | null {
  const temporary = new Temporary(target)
  try {
    const address = temporary.allocate(own.storedBytes)
    const bytes = target.memory.u8.subarray(address, address + own.storedBytes)
    readFile(morsel, (read) => read(fileOffset(morsel, chunk.offset), bytes))
    return decodeChunk(own, address, target)
  } catch (error) {
    if (isMemoryLimit(error)) return null
    throw error
  } finally {
    temporary.release()
  }
}
