/** What `transform`, `explain` and `sql` are told to compute. */

import { splitAssignments, splitNames, splitSortKeys } from './lists.js'
import { ROW_FORMATS } from './options.js'
import type { RowStep, SqlArguments, TransformArguments } from './request.js'
import type { Words } from './words.js'

const DEFAULT_TABLE_ROWS = 40

export function transformArguments(words: Words, outputRequired: boolean): TransformArguments {
  const { positionals } = words
  if (positionals.length < (outputRequired ? 2 : 1)) {
    throw words.wrong(outputRequired ? 'takes at least one input and an output' : 'takes at least one input')
  }
  const aggregates = words.list('agg').flatMap((text) => splitAssignments(text, 'agg', 'NAME=E'))
  const groupBy = words.joined('group-by')
  if (groupBy !== null && aggregates.length === 0) {
    throw words.wrong('--group-by needs at least one --agg', "For example: --agg 'n=count(*)'")
  }
  const hasOutput = positionals.length > 1
  return {
    inputs: hasOutput ? positionals.slice(0, -1) : positionals,
    output: hasOutput ? positionals[positionals.length - 1] : null,
    steps: words.ordered.flatMap(rowSteps),
    renames: words.list('rename').flatMap((text) => splitAssignments(text, 'rename', 'OLD=NEW')),
    drops: words.list('drop').flatMap((text) => splitNames(text, 'drop')),
    groupBy,
    aggregates,
    select: words.joined('select'),
    sort: words.list('sort').flatMap(splitSortKeys),
    limit: words.integer('limit', 0) ?? null,
  }
}

function rowSteps(option: { readonly name: string; readonly value: string }): RowStep[] {
  if (option.name === 'where') return [{ kind: 'where', predicate: option.value }]
  if (option.name !== 'with') return []
  return splitAssignments(option.value, 'with', 'NAME=E').map(([name, expression]) => ({
    kind: 'with',
    name,
    expression,
  }))
}

export function sqlArguments(words: Words): SqlArguments {
  const [query, output, ...more] = words.positionals
  if (query === undefined) throw words.wrong('takes a query')
  if (more.length > 0) throw words.wrong('takes a query and at most one output', 'Put the query in quotes.')
  return {
    query,
    output: output ?? null,
    format: words.choice('format', ROW_FORMATS) ?? 'table',
    maxRows: words.integer('max-rows', 0) ?? DEFAULT_TABLE_ROWS,
  }
}
