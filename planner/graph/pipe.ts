/** The nodes of a graph: pieces of work that read datasets and make datasets. */

import { checkName, checkOptions, invalid, show } from '../arguments.js'
import type { StageKind } from '../pipeline/definition.js'

/** A stage of a pipeline, or, as `pipe`, any other piece of work. */
export type PipeKind = StageKind | 'pipe'

export interface Pipe {
  /** Unique in its graph. */
  readonly id: string
  readonly kind: PipeKind
  /** Names of datasets, or of pipes, which stand for the dataset of the same name or else for all that the pipe makes. */
  readonly inputs: readonly string[]
  /** The same, for what it reads as a whole before the first batch of its inputs. */
  readonly tables: readonly string[]
  /** Datasets that no other pipe makes. */
  readonly outputs: readonly string[]
  /** What it is drawn with; that of a stage is its pipeline, if that is nested. */
  readonly group: string | null
}

/** A pipe as users write it: of kind `pipe`, without inputs, and making a dataset of its own name unless said otherwise. */
export interface PipeOptions {
  readonly id: string
  readonly kind?: PipeKind
  readonly inputs?: readonly string[]
  readonly tables?: readonly string[]
  readonly outputs?: readonly string[]
  readonly group?: string | null
}

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT */
export function completePipe(options: PipeOptions): Pipe {
  checkOptions('a pipe', options, ['id', 'kind', 'inputs', 'tables', 'outputs', 'group'])
  const id = checkName('the id of a pipe', options.id)
  const kind = options.kind ?? 'pipe'
  if (!(kind in DESCRIBED)) throw invalid(`the kind of pipe '${id}' is one of ${KINDS}, not ${show(kind)}`)
  return Object.freeze({
    id,
    kind,
    inputs: names(`inputs of pipe '${id}'`, options.inputs ?? []),
    tables: names(`tables of pipe '${id}'`, options.tables ?? []),
    outputs: names(`outputs of pipe '${id}'`, options.outputs ?? (kind === 'consumer' ? [] : [id])),
    group: options.group ?? null,
  })
}

function names(what: string, given: readonly string[]): readonly string[] {
  if (!Array.isArray(given)) throw invalid(`the ${what} are a list of names, not ${show(given)}`)
  for (const name of given) checkName(`each of the ${what}`, name)
  return Object.freeze([...new Set(given)])
}

/** How messages call a pipe of a kind. */
const DESCRIBED: Readonly<Record<PipeKind, string>> = {
  producer: 'producer',
  processor: 'processor',
  accumulator: 'accumulator',
  consumer: 'consumer',
  pipeline: 'nested pipeline',
  pipe: 'pipe',
}
const KINDS = Object.keys(DESCRIBED)
  .map((kind) => `'${kind}'`)
  .join(', ')

/** `producer 'orders'` */
export function describePipe({ kind, id }: Pick<Pipe, 'kind' | 'id'>): string {
  return `${DESCRIBED[kind]} '${id}'`
}
