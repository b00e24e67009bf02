/** How much a pool of workers was asked to do: exact, however long it took. */

import type { Task, TaskKind } from './messages.js'

export class TaskCounts {
  private readonly tasks = new Map<TaskKind, number>()
  /** Row groups of Parquet files that chains were given to read. */
  rowGroups = 0

  add(task: Task): void {
    this.tasks.set(task.kind, (this.tasks.get(task.kind) ?? 0) + 1)
    if (task.kind !== 'chain') return
    for (const morsel of task.morsels) if (morsel.kind === 'parquet') this.rowGroups++
  }

  byKind(): Partial<Record<TaskKind, number>> {
    return Object.fromEntries(this.tasks)
  }
}
