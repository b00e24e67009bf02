/** Reads the definition of a pipeline: a file, or a directory with a file for each part. */

import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { isDirectory } from '../../../io/file-format.js'
import { VolleyError } from '../../../planner/errors.js'
import { definePipeline } from '../../../planner/pipeline/define/pipeline.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { isPlain } from '../../../planner/pipeline/shape/check.js'
import type { Problem } from '../../../planner/pipeline/shape/shape.js'
import { environmentOf } from '../environment.js'
import { type Place, type PlacedProblem, YamlDocument } from './document.js'
import { type ParameterValue, resolveParameters, substitute } from './parameters.js'

const WHOLE = ['pipeline.yaml', 'pipeline.yml']
const PARTS = ['extract', 'transform', 'load'] as const

export interface LoadedPipeline {
  readonly definition: PipelineDefinition
  readonly params: Readonly<Record<string, ParameterValue>>
  /** Where a stage stands and, in it, a step; of a stage in a nested pipeline, the stage that is nested. */
  readonly locate: (stage: string, step: string | null) => Place | null
}

/**
 * `path` is a file or a directory that has `pipeline.yaml`, or `extract.yaml`, `load.yaml` and perhaps `transform.yaml`.
 *
 * @throws VolleyError VOLLEY_INVALID_PIPELINE that lists all that is wrong, each with file, line and column in
 *   `details.problems`; VOLLEY_FILE_NOT_FOUND
 */
export function loadPipeline(
  path: string,
  given: Readonly<Record<string, unknown>> = {},
  outer: readonly string[] = [],
): LoadedPipeline {
  const files = new PipelineFiles(resolve(path))
  const problems: Problem[] = []
  const declared = isPlain(files.value) && isPlain(files.value.params) ? files.value.params : {}
  const parameters = resolveParameters(declared, given, (message, place, expected = '') =>
    problems.push({ path: place, atKey: true, message, expected }),
  )
  const { params: _, ...body } = isPlain(files.value) ? files.value : { params: null }
  const substituted = substitute(isPlain(files.value) ? body : files.value, parameters, process.env)
  problems.push(...substituted.problems)
  const named = isPlain(substituted.value) ? { name: files.name, ...substituted.value } : substituted.value
  const withParams = isPlain(named) && Object.keys(declared).length > 0 ? { ...named, params: declared } : named
  const load = (nested: string, values: Readonly<Record<string, unknown>>) => {
    const stack = [...outer, files.root]
    if (stack.includes(resolve(nested))) throw new VolleyError('VOLLEY_INVALID_PIPELINE', `${nested} contains itself`)
    return loadPipeline(nested, values, stack).definition
  }
  try {
    const definition = definePipeline(withParams, { ...environmentOf(files.directory), load })
    if (problems.length === 0) {
      return { definition, params: parameters.values, locate: (stage, step) => files.stagePlace(stage, step) }
    }
  } catch (error) {
    if (!(error instanceof VolleyError) || error.code !== 'VOLLEY_INVALID_PIPELINE') throw error
    // A nested pipeline has said where.
    if (error.details.line !== undefined || error.details.problems === undefined) throw error
    const found = (error.details.problems ?? []) as readonly Problem[]
    // What could not be substituted is not wrong once more for what it is then.
    problems.push(...found.filter((one) => !problems.some((earlier) => samePlace(earlier, one))))
  }
  throw failure(problems.map((problem) => files.place(problem)))
}

function samePlace(a: Problem, b: Problem): boolean {
  return a.path.length === b.path.length && a.path.every((part, index) => part === b.path[index])
}

class PipelineFiles {
  readonly root: string
  readonly directory: string
  /** Of the pipeline, if it does not say. */
  readonly name: string
  readonly value: unknown
  private readonly parts = new Map<string, { readonly document: YamlDocument; readonly isWhole: boolean }>()

  constructor(path: string) {
    this.root = path
    const isContract = isDirectory(path)
    this.directory = isContract ? path : dirname(path)
    const whole = isContract ? WHOLE.map((name) => join(path, name)).find((file) => existsSync(file)) : path
    this.name = isContract ? basename(path) : basename(path, extname(path))
    if (!isContract && /^pipeline$/i.test(this.name)) this.name = basename(this.directory)
    if (whole !== undefined) {
      const document = read(whole)
      this.parts.set('', { document, isWhole: true })
      this.value = document.value
      return
    }
    this.value = this.readParts(path)
  }

  /** Where in which file a problem is. */
  place({ path, atKey, message, expected }: Problem): PlacedProblem {
    const named = this.parts.get(String(path[0]))
    const { document, isWhole } = named ?? [...this.parts.values()][0]
    return { ...document.locate({ path: isWhole ? path : path.slice(1), atKey }), message, expected }
  }

  stagePlace(id: string, step: string | null): Place | null {
    const path = this.stagePath(id)
    if (path === null) return null
    const isStage = path[0] === 'stages'
    const transform = [...(isStage ? path : []), 'transform']
    const exact = step === null || id.includes('/') ? path : [...transform, ...this.stepPath(transform, step)]
    const { file, line, column } = this.place({ path: exact, atKey: false, message: '', expected: null })
    return { file: shortPath(file), line, column }
  }

  /** In a list of mappings, the one that has the step; the list itself if several have. */
  private stepPath(transform: readonly (string | number)[], step: string): (string | number)[] {
    let steps: unknown = this.value
    for (const part of transform) steps = (steps as Readonly<Record<string | number, unknown>> | undefined)?.[part]
    if (!Array.isArray(steps)) return [step]
    const having = steps.flatMap((one: unknown, index) => (isPlain(one) && Object.hasOwn(one, step) ? [index] : []))
    return having.length === 1 ? [having[0], step] : []
  }

  /** Of a stage of a nested pipeline, the stage that is nested. */
  private stagePath(given: string): (string | number)[] | null {
    if (!isPlain(this.value)) return null
    const [id] = given.split('/')
    const { stages, tables } = this.value
    if (Array.isArray(stages)) {
      const index = stages.findIndex((stage: unknown) => isPlain(stage) && stage.id === id)
      return index < 0 ? null : ['stages', index]
    }
    if (/^load-\d+$/.test(id)) return ['load', Number(id.slice('load-'.length)) - 1]
    if (id.startsWith('table-') && isPlain(tables)) return ['tables', id.slice('table-'.length)]
    return Object.hasOwn(this.value, id) ? [id] : null
  }

  /** A file is what its name says or, with a field of that name, fields of the pipeline. */
  private readParts(directory: string): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    const problems: PlacedProblem[] = []
    for (const part of PARTS) {
      const file = ['.yaml', '.yml']
        .map((extension) => join(directory, part + extension))
        .find((one) => existsSync(one))
      if (file === undefined) continue
      const document = YamlDocument.read(file)
      problems.push(...document.problems)
      const isWhole = isPlain(document.value) && Object.hasOwn(document.value, part)
      for (const [name, item] of isWhole
        ? Object.entries(document.value as object)
        : [[part, document.value] as const]) {
        value[name] = item
        this.parts.set(name, { document, isWhole })
      }
    }
    if (problems.length > 0) throw failure(problems)
    if (this.parts.size > 0) return value
    const expected = `${WHOLE[0]}, or ${PARTS.map((part) => `${part}.yaml`).join(', ')}`
    throw new VolleyError('VOLLEY_FILE_NOT_FOUND', `${directory}: there is no pipeline in this directory`, {
      path: directory,
      expected,
    })
  }
}

function read(file: string): YamlDocument {
  const document = YamlDocument.read(file)
  if (document.problems.length > 0) throw failure(document.problems)
  return document
}

/** As compilers print errors. */
function failure(given: readonly PlacedProblem[]): VolleyError {
  const problems = given
    .map((problem) => ({ ...problem, file: shortPath(problem.file) }))
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
  const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
  const [{ file, line, column }] = problems
  return new VolleyError('VOLLEY_INVALID_PIPELINE', lines.join('\n'), {
    problems,
    path: file,
    line,
    column: `${column}`,
  })
}

function shortPath(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
