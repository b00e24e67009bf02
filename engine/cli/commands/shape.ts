/** Turns the arguments of transform and explain into a frame. */

import type { FileFormat } from '../../../io/file-format.js'
import { VolleyError } from '../../../planner/errors.js'
import type { SortTerm } from '../../../planner/expr.js'
import type { Frame } from '../../../planner/frame.js'
import type { Engine } from '../../session.js'
import type { SortArgument } from '../command-line/lists.js'
import type { RowStep, TransformArguments } from '../command-line/request.js'

/** All inputs as one table. */
export function scanInputs(engine: Engine, inputs: readonly string[], format: FileFormat): Frame {
  const paths = inputs.length === 1 ? inputs[0] : inputs
  switch (format) {
    case 'parquet':
      return engine.scanParquet(paths)
    case 'arrow':
      return engine.scanArrow(paths)
    case 'csv':
      return engine.scanCsv(paths)
    case 'ndjson':
      return engine.scanNdjson(paths)
  }
}

/** Applies the parts in the order that help documents, and checks that names and types fit. */
export async function shape(input: Frame, request: TransformArguments): Promise<Frame> {
  try {
    const frame = await applyParts(input, request)
    await frame.schema()
    return frame
  } catch (error) {
    throw withOrderHint(error, request)
  }
}

/** A column that a later --with makes is easily taken for one that is there. */
function withOrderHint(error: unknown, { steps }: TransformArguments): unknown {
  if (!(error instanceof VolleyError) || error.code !== 'VOLLEY_UNKNOWN_COLUMN') return error
  const { column } = error.details
  if (!steps.some((step) => step.kind === 'with' && step.name === column)) return error
  const message = `${error.message}; --where sees the columns of the --with options written before it`
  return new VolleyError(error.code, message, error.details, error.cause)
}

async function applyParts(input: Frame, request: TransformArguments): Promise<Frame> {
  let frame = applySteps(input, request.steps)
  if (request.renames.length > 0) frame = frame.rename(Object.fromEntries(request.renames))
  if (request.drops.length > 0) frame = frame.drop(...request.drops)
  if (request.aggregates.length > 0) {
    const grouped = request.groupBy === null ? frame.groupBy() : frame.groupBy(request.groupBy)
    frame = grouped.agg(Object.fromEntries(request.aggregates))
  }
  frame = await selectAndSort(frame, request.select, request.sort.map(sortKey))
  return request.limit === null ? frame : frame.limit(request.limit)
}

function applySteps(input: Frame, steps: readonly RowStep[]): Frame {
  let frame = input
  for (const step of steps) {
    frame = step.kind === 'where' ? frame.filter(step.predicate) : frame.withColumns({ [step.name]: step.expression })
  }
  return frame
}

/** As in SQL, a sort key names an output column or, failing that, one that the selection leaves out. */
async function selectAndSort(frame: Frame, select: string | null, keys: readonly SortTerm[]): Promise<Frame> {
  const selected = select === null ? frame : frame.select(select)
  if (keys.length === 0) return selected
  const sorted = selected.sort(...keys)
  if (select === null) return sorted
  try {
    await sorted.schema()
    return sorted
  } catch (error) {
    if (!(error instanceof VolleyError) || error.code !== 'VOLLEY_UNKNOWN_COLUMN') throw error
    const sortedFirst = frame.sort(...keys).select(select)
    // Neither order resolves: the first error names the columns that the user sees.
    await sortedFirst.schema().catch(() => {
      throw error
    })
    return sortedFirst
  }
}

function sortKey({ expression, descending, nulls }: SortArgument): SortTerm {
  return nulls === undefined ? { by: expression, descending } : { by: expression, descending, nulls }
}
