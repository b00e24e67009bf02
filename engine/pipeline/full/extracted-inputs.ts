/** What several runs of a pipeline extract alike: read by the first that needs it, and kept until the last has ended. */

import { statSync } from 'node:fs'
import { extensionsOf } from '../../../io/file-format.js'
import { expandPaths } from '../../../io/paths.js'
import type { Frame } from '../../../planner/frame.js'
import type { PipelineDefinition, SourceDefinition } from '../../../planner/pipeline/definition.js'
import { type FlatStage, flatten } from '../../../planner/pipeline/flatten.js'
import { isCostly } from '../extract/costly.js'
import { LiveRows } from '../extract/live-rows.js'
import type { SharedInputsReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import { type Loading, SharedInputs } from '../shared-inputs.js'
import type { Producer } from '../stage.js'

/** The part of the memory that the files of an input may have bytes for, to be kept. */
const SMALL_SHARE = 1 / 16

export class ExtractedInputs {
  private readonly shared: SharedInputs
  private readonly identities = new WeakMap<object, number>()
  private readonly keys = new Set<string>()
  private readonly readers: ReadonlyMap<string, Set<string>>
  /** Of what streams read as it comes. */
  private readonly live = new Map<string, Promise<LiveRows>>()
  private objects = 0
  private hits = 0
  private misses = 0

  /** `services` outlive all runs, whose definitions these are; null for one that has none. */
  constructor(
    readonly services: PipelineServices,
    definitions: readonly (PipelineDefinition | null)[],
  ) {
    const readers = new Map<string, Set<string>>()
    for (const [index, definition] of definitions.entries()) {
      for (const stage of stagesOf(definition)) {
        if (stage.kind !== 'producer' || !this.isWorthKeeping(stage.source)) continue
        const key = this.keyOf(stage.source)
        readers.set(key, (readers.get(key) ?? new Set()).add(String(index)))
      }
    }
    const inputs = [...readers].flatMap(([dataset, runs]) => (runs.size > 1 ? [{ dataset, readers: [...runs] }] : []))
    for (const { dataset } of inputs) this.keys.add(dataset)
    this.readers = readers
    this.shared = new SharedInputs(services, { inputs })
  }

  /** True if more than one run reads it. */
  isShared(source: SourceDefinition): boolean {
    return this.keys.has(this.keyOf(source))
  }

  /** The rows of a source; `load` reads them with the services that they are to live in. */
  frame(source: SourceDefinition, load: (services: PipelineServices) => Promise<Loading>): Promise<Frame> {
    return this.shared.frame(this.keyOf(source), () => load(this.services))
  }

  /** Reads a source as its rows come; `open` opens it with the services that they are to live in. */
  async reader(source: SourceDefinition, open: (services: PipelineServices) => Promise<Producer>): Promise<Producer> {
    const key = this.keyOf(source)
    const known = await this.live.get(key)?.catch(() => null)
    if (known != null && !known.hasFailed) {
      this.hits++
      return known.reader()
    }
    this.misses++
    const opening = open(this.services).then((producer) => new LiveRows(key, producer, this.services))
    this.live.set(key, opening)
    await known?.close()
    return (await opening).reader()
  }

  /** Says that the run of this index needs nothing more. */
  async ended(run: number): Promise<void> {
    await this.shared.ended(String(run))
    for (const [key, readers] of this.readers) {
      if (readers.delete(String(run)) && readers.size === 0) await this.release(key)
    }
  }

  report(): SharedInputsReport {
    const { hits, misses, ...others } = this.shared.report()
    return { hits: hits + this.hits, misses: misses + this.misses, ...others }
  }

  async close(): Promise<void> {
    for (const key of this.live.keys()) await this.release(key)
    await this.shared.close()
  }

  private async release(key: string): Promise<void> {
    const rows = await this.live.get(key)?.catch(() => null)
    this.live.delete(key)
    await rows?.close()
  }

  /** Plans read only what they need of Parquet and Arrow files: those are kept that are small beside the memory. */
  private isWorthKeeping(source: SourceDefinition): boolean {
    if (isCostly(source)) return source.kind !== 'records' || typeof source.records === 'function'
    return source.kind === 'file' && bytesOf(source) <= this.services.memory.limit * SMALL_SHARE
  }

  /** Functions and objects of code are the same only if they are one. */
  private keyOf(source: SourceDefinition): string {
    return JSON.stringify(source, (_, value: unknown) => {
      if (typeof value === 'function') return { function: this.identityOf(value) }
      return value
    })
  }

  private identityOf(value: object): number {
    const known = this.identities.get(value)
    if (known !== undefined) return known
    this.identities.set(value, ++this.objects)
    return this.objects
  }
}

/** What cannot be flattened is told by the run. */
function stagesOf(definition: PipelineDefinition | null): readonly FlatStage[] {
  try {
    return definition === null ? [] : flatten(definition).stages
  } catch {
    return []
  }
}

/** Infinite for what cannot be found: its run says so. */
function bytesOf({ paths, format }: Extract<SourceDefinition, { kind: 'file' }>): number {
  try {
    return expandPaths(paths, extensionsOf(format)).reduce((sum, path) => sum + statSync(path).size, 0)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
