/** Tells whether a job that resumes is the one that began: the plan and its inputs. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { FlatPipeline } from '../../../planner/pipeline/flatten.js'
import type { Json } from '../stage.js'
import type { Fingerprint } from './manifest.js'

/** How many differences an error names. */
const MOST_DIFFERENCES = 5

/**
 * The part of a pipeline that its output depends on, as JSON: not where stages are placed, how many batches wait, and how
 * often something is tried again. Functions count by their text, modules by their content.
 */
export function pipelineFingerprint({ name, stages, batchSize, mode }: FlatPipeline): Json {
  const parts = stages.map(({ id, placement, queue, retries, errors, ...stage }) => [id, plain(stage)] as const)
  // Chunks of mode `hybrid` are a matter of time, but a stream goes on elsewhere than generations do.
  const order = mode === 'full' ? 'full' : 'streaming'
  return { name, mode: order, batchSize, stages: Object.fromEntries(parts) }
}

/** Throws VOLLEY_CHECKPOINT_MISMATCH, which names what changed. */
export function expectSame(checkpoint: string, before: Fingerprint, now: Fingerprint): void {
  const differences = [
    ...differencesOf('pipeline', before.pipeline, now.pipeline),
    ...differencesOf('inputs', before.inputs, now.inputs),
  ]
  if (differences.length === 0) return
  const named = differences.slice(0, MOST_DIFFERENCES).map(({ path, was, is }) => `${path} was ${was}, is ${is}`)
  const more = differences.length > MOST_DIFFERENCES ? `; and ${differences.length - MOST_DIFFERENCES} more` : ''
  throw new VolleyError(
    'VOLLEY_CHECKPOINT_MISMATCH',
    `checkpoint ${checkpoint} is of another plan or other inputs: ${named.join('; ')}${more}. ` +
      'Undo the change, or start anew with another checkpoint ID',
    { checkpoint, differences: differences.map(({ path }) => path) },
  )
}

interface Difference {
  readonly path: string
  readonly was: string
  readonly is: string
}

function differencesOf(path: string, before: Json | undefined, now: Json | undefined): Difference[] {
  if (isParts(before) && isParts(now)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
    return names.flatMap((name) => differencesOf(`${path}.${name}`, before[name], now[name]))
  }
  if (JSON.stringify(before) === JSON.stringify(now)) return []
  return [{ path, was: shown(before), is: shown(now) }]
}

function isParts(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'not there'
  const text = JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}

/** Any part of a definition as JSON. */
function plain(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'function') return { function: digest(String(value)) }
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Frame) return { frame: 'of code' }
  if (Array.isArray(value)) return value.map(plain)
  if (isModule(value)) return { ...plainParts(value), content: contentOf(value.module) }
  if (isRecords(value)) return { kind: 'records' }
  return plainParts(value)
}

function plainParts(value: object): { readonly [name: string]: Json } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return Object.fromEntries(entries.map(([name, part]) => [name, plain(part)]))
}

function isModule(value: object): value is { readonly module: string } {
  return 'kind' in value && value.kind === 'module' && 'module' in value && typeof value.module === 'string'
}

/** Records of the user's are not looked into. */
function isRecords(value: object): boolean {
  return 'kind' in value && value.kind === 'records'
}

/** Null of what is no file: the name of a package. */
function contentOf(module: string): string | null {
  try {
    return digest(readFileSync(module, 'utf8'))
  } catch {
    return null
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
