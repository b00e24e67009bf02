/**
 * The sources an engine's frames refer to. Making a frame reads nothing: a source is opened when a plan over it is
 * resolved, and again when its files have changed since.
 */

import { statSync } from 'node:fs'
import type { Source } from '../io/source.js'
import { InternalError } from '../planner/errors.js'
import type { LogicalPlan, TableSource } from '../planner/logical-plan.js'

/** How to open a source. */
export interface SourceDefinition {
  readonly format: string
  readonly label: string
  /** The files it reads now, or null if it reads none. Throws VOLLEY_FILE_NOT_FOUND. */
  readonly paths: (() => readonly string[]) | null
  readonly open: (paths: readonly string[], id: number) => Promise<Source>
}

interface Opened {
  readonly source: Source
  /** Paths, sizes and times of the files as they were when opened. */
  readonly state: string
}

interface Opening {
  readonly source: Promise<Source>
  readonly state: string
}

export class SourceRegistry {
  private readonly definitions = new Map<number, SourceDefinition>()
  private readonly opened = new Map<number, Opened>()
  /** By number of the source, for runs that ask for it at the same time. */
  private readonly opening = new Map<number, Opening>()
  private readonly unused = new FinalizationRegistry<number>((id) => this.forget(id))
  private next = 1

  /** A plan that scans a source, which stays unopened. The source is closed when no plan refers to it any more. */
  scan(definition: SourceDefinition): LogicalPlan {
    const id = this.next++
    this.definitions.set(id, definition)
    const source: TableSource = Object.freeze({ id, format: definition.format, label: definition.label })
    this.unused.register(source, id)
    return Object.freeze({ kind: 'scan', source })
  }

  /** Opens a source, unless it is open and its files are as they were. */
  async open(table: TableSource): Promise<Source> {
    const definition = this.definitions.get(table.id)
    if (definition === undefined) throw new InternalError(`source ${table.id} is not of this engine`)
    const paths = definition.paths?.() ?? []
    const state = JSON.stringify(paths.map(fileState))
    const known = this.opened.get(table.id)
    if (known?.state === state) return known.source
    const pending = this.opening.get(table.id)
    if (pending?.state === state) return pending.source
    const opening = { source: this.reopen(table.id, definition, paths, state), state }
    this.opening.set(table.id, opening)
    try {
      return await opening.source
    } finally {
      if (this.opening.get(table.id) === opening) this.opening.delete(table.id)
    }
  }

  private async reopen(
    id: number,
    definition: SourceDefinition,
    paths: readonly string[],
    state: string,
  ): Promise<Source> {
    await this.opened.get(id)?.source.close()
    const source = await definition.open(paths, id)
    this.opened.set(id, { source, state })
    return source
  }

  /** The source as it was last opened. */
  sourceOf(table: TableSource): Source {
    const known = this.opened.get(table.id)
    if (known === undefined) throw new InternalError(`source ${table.id} (${table.label}) was not opened`)
    return known.source
  }

  private forget(id: number): void {
    const known = this.opened.get(id)
    this.definitions.delete(id)
    this.opened.delete(id)
    void known?.source.close()
  }

  async close(): Promise<void> {
    for (const { source } of this.opened.values()) await source.close()
    this.opened.clear()
  }
}

function fileState(path: string): readonly unknown[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  return [path, stats?.size ?? null, stats?.mtimeMs ?? null]
}
