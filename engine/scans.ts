/** Makes plans that scan: files by format, tables and records of the user. Nothing is read before a run. */

import { fromArrowSchema } from '../io/arrow/schema.js'
import type { Batch } from '../io/batch.js'
import { CsvSource } from '../io/csv/csv-source.js'
import { extensionsOf, type FileFormat, formatOfPath, isTabSeparated } from '../io/file-format.js'
import { IpcSource } from '../io/ipc/ipc-source.js'
import { MemorySource } from '../io/memory-source.js'
import { NdjsonSource } from '../io/ndjson/ndjson-source.js'
import { openParquetSource } from '../io/parquet/source.js'
import { expandPaths } from '../io/paths.js'
import { type Records, RecordsSource } from '../io/records/records-source.js'
import type { Source } from '../io/source.js'
import { vectorFromValues } from '../io/vector-from-values.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import { type SchemaLike, schemaFrom } from '../planner/map-schema.js'
import type { TableReference } from '../planner/sql/expand.js'
import { BOOL, field, schemaOf } from '../planner/types.js'
import { checkArrowInput, importBatches } from './arrow-input.js'
import type { SharedMemory } from './memory/shared-memory.js'
import {
  type ArrowInput,
  type CsvScanOptions,
  checkCsvScan,
  checkNdjsonScan,
  checkParquetScan,
  checkPaths,
  checkRecords,
  type NdjsonScanOptions,
  type ParquetScanOptions,
  type Paths,
} from './scan-options.js'
import type { SourceRegistry } from './sources.js'
import { scanOptionsOf } from './table-options.js'

export class Scans {
  private readonly referencedPlans = new Map<string, LogicalPlan | null>()

  constructor(
    private readonly sources: SourceRegistry,
    private readonly memory: SharedMemory,
  ) {}

  parquet(paths: Paths, given: ParquetScanOptions): LogicalPlan {
    const options = checkParquetScan(given)
    return this.files('parquet', paths, async (files, id, label) => openParquetSource(files, id, label, options))
  }

  arrow(paths: Paths): LogicalPlan {
    return this.files('arrow', paths, (files, id) => IpcSource.open(id, files, this.memory))
  }

  csv(paths: Paths, given: CsvScanOptions): LogicalPlan {
    const options = checkCsvScan(given)
    return this.files('csv', paths, (files, id) =>
      CsvSource.open(id, files, { ...(files.every(isTabSeparated) ? { delimiter: '\t' } : {}), ...options }),
    )
  }

  ndjson(paths: Paths, given: NdjsonScanOptions): LogicalPlan {
    const options = checkNdjsonScan(given)
    return this.files('ndjson', paths, (files, id) => NdjsonSource.open(id, files, options))
  }

  /** A file, glob or directory whose format its name tells; null if it does not. */
  file(name: string): LogicalPlan | null {
    const format = formatOfPath(name)
    return format === null ? null : this.scanFormat(format, name, {})
  }

  /** What a query names; the same plan for the same reference. */
  referenced(reference: TableReference): LogicalPlan | null {
    const known = this.referencedPlans.get(reference.key)
    if (known !== undefined) return known
    const { format, names } = reference
    const plan = format === null ? this.file(names[0]) : this.scanFormat(format, names, scanOptionsOf(reference))
    this.referencedPlans.set(reference.key, plan)
    return plan
  }

  tables(input: ArrowInput): LogicalPlan {
    const batches = checkArrowInput(input)
    return this.sources.scan({
      format: 'memory',
      label: 'memory',
      paths: null,
      open: (_, id) => importBatches(id, batches, this.memory),
    })
  }

  records(records: Records, given: SchemaLike | undefined): LogicalPlan {
    checkRecords(records)
    const schema = given === undefined ? null : schemaFrom(given, fromArrowSchema)
    return this.sources.scan({
      format: 'records',
      label: 'records',
      paths: null,
      open: (_, id) => RecordsSource.open(id, records, schema),
    })
  }

  /** A table of one row, for queries that read no table. */
  oneRow(): LogicalPlan {
    const schema = schemaOf([field('one', BOOL)])
    return this.sources.scan({
      format: 'memory',
      label: 'one row',
      paths: null,
      open: async (_, id) => {
        const column = vectorFromValues(BOOL, [true], this.memory.views, this.memory.allocate)
        const batch: Batch = { schema, length: 1, columns: [column] }
        return new MemorySource(id, schema, [batch], this.memory)
      },
    })
  }

  /** With the options of that format. */
  scanFormat(format: FileFormat, paths: Paths, options: object): LogicalPlan {
    switch (format) {
      case 'parquet':
        return this.parquet(paths, options)
      case 'arrow':
        return this.arrow(paths)
      case 'csv':
        return this.csv(paths, options)
      case 'ndjson':
        return this.ndjson(paths, options)
    }
  }

  private files(
    format: FileFormat,
    paths: Paths,
    open: (files: readonly string[], id: number, label: string) => Promise<Source>,
  ): LogicalPlan {
    checkPaths(format, paths)
    const label = typeof paths === 'string' ? paths : paths.length === 1 ? paths[0] : `${paths.length} files`
    return this.sources.scan({
      format,
      label,
      paths: () => expandPaths(paths, extensionsOf(format)),
      open: (files, id) => open(files, id, label),
    })
  }
}
