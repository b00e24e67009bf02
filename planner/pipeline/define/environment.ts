/** What definitions need of the machine, and what is found wrong with them on the way. */

import type { FileFormat, PipelineDefinition } from '../definition.js'
import type { Problem } from '../shape/shape.js'

export interface DefinitionEnvironment {
  /** That relative paths start from. Absolute. */
  readonly directory: string
  /** A path of the pipeline's as an absolute one. */
  readonly resolve: (path: string) => string
  /** By the name or, of a directory, its files; null if these do not tell. */
  readonly formatOf: (path: string) => FileFormat | null
  /** The pipeline of a file. @throws VolleyError */
  readonly load: (path: string, parameters: Readonly<Record<string, unknown>>) => PipelineDefinition
}

/** Problems of one definition, with where in it one is at work. */
export class Findings {
  constructor(
    readonly problems: Problem[],
    private readonly path: readonly (string | number)[] = [],
  ) {}

  at(...parts: readonly (string | number)[]): Findings {
    return new Findings(this.problems, [...this.path, ...parts])
  }

  add(message: string, expected: string | null = null): void {
    this.problems.push({ path: this.path, atKey: false, message, expected })
  }
}

export function listOf<T>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return []
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}
