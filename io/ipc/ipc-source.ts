/** Reads Arrow IPC files and streams: bodies go from the file into shared memory, where columns are views of them. */

import { VolleyError } from '../../planner/errors.js'
import { type Schema, typeName } from '../../planner/types.js'
import { fromArrowSchema } from '../arrow/schema.js'
import { type BlockSharing, releaseBatch, sliceMorsels } from '../block-sharing.js'
import { projectSchema } from '../row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../source.js'
import { BatchReader } from './batch-reader.js'
import { IpcFile } from './messages.js'

export class IpcSource implements Source {
  readonly format = 'arrow'
  readonly bounded = true

  private constructor(
    readonly id: number,
    readonly label: string,
    readonly schema: Schema,
    private readonly paths: readonly string[],
    private readonly bytes: number,
    private readonly sharing: BlockSharing,
  ) {}

  /** Reads the schemas of all files, which must be equal, and nothing else. */
  static async open(id: number, paths: readonly string[], sharing: BlockSharing): Promise<IpcSource> {
    let first: Schema | null = null
    let bytes = 0
    for (const path of paths) {
      const { schema, size } = readSchema(path)
      first ??= schema
      bytes += size
      requireEqual(first, schema, paths[0], path)
    }
    if (first === null) throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'no Arrow files given')
    const label = paths.length === 1 ? paths[0] : `${paths.length} files`
    return new IpcSource(id, label, first, paths, bytes, sharing)
  }

  estimate(): ScanEstimate {
    return { rows: null, bytes: this.bytes, rowGroups: null }
  }

  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const schema = projectSchema(this.schema, request.columns)
    const positions = request.columns.map((name) => this.schema.fields.findIndex((f) => f.name === name))
    let firstRow = 0
    for (const path of this.paths) {
      const reader = new BatchReader(path, schema, positions, target, this.sharing)
      try {
        for (let batch = reader.next(); batch !== null; batch = reader.next()) {
          try {
            target.checkCancelled()
            yield* sliceMorsels(batch, firstRow, this.sharing)
          } finally {
            releaseBatch(this.sharing, batch)
          }
          firstRow += batch.length
        }
      } finally {
        reader.close()
      }
    }
  }

  async close(): Promise<void> {}
}

function readSchema(path: string): { schema: Schema; size: number } {
  const file = IpcFile.open(path)
  try {
    return { schema: fromArrowSchema(file.schema), size: file.size }
  } finally {
    file.close()
  }
}

function requireEqual(expected: Schema, actual: Schema, firstPath: string, path: string): void {
  const describe = (schema: Schema): string => schema.fields.map((f) => `${f.name} ${typeName(f.type)}`).join(', ')
  if (describe(expected) === describe(actual)) return
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `${path} has columns (${describe(actual)}), but ${firstPath} has (${describe(expected)})`,
    { path, expected: describe(expected), actual: describe(actual) },
  )
}
