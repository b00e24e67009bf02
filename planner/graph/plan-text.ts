/** Describes a plan to people. */

import { unreachable } from '../errors.js'
import type { ExecutionPlan } from './execution-plan.js'
import type { Direction } from './orders.js'
import type { Pipe, PipeKind } from './pipe.js'

export function describePlan(plan: ExecutionPlan): string {
  const { graph, generations } = plan
  const idWidth = Math.max(0, ...graph.ids.map((id) => id.length))
  const kindWidth = Math.max(0, ...graph.pipes.map(({ kind }) => kind.length))
  const lines = [headline(plan)]
  for (const { number, ids } of generations) {
    lines.push(`generation ${number}`)
    for (const id of ids) {
      const pipe = graph.pipe(id)
      lines.push(`  ${id.padEnd(idWidth)}  ${pipe.kind.padEnd(kindWidth)}  ${reads(pipe)}`.trimEnd())
    }
  }
  for (const { dataset, from, readers } of plan.sharedInputs()) {
    lines.push(`shared ${from === null ? 'from outside' : 'input'}: ${dataset}, read by ${readers.join(', ')}`)
  }
  for (const { message } of graph.warnings) lines.push(`warning: ${message}`)
  return `${lines.join('\n')}\n`
}

function headline(plan: ExecutionPlan): string {
  const { order, direction, generations, graph } = plan
  const pipes = counted(graph.pipes.length, graph.pipes.every(({ kind }) => kind === 'pipe') ? 'pipe' : 'stage')
  const parallel = plan.maxParallelism()
  const atOnce = parallel > 1 ? `, at most ${parallel} side by side` : ''
  return `${order} order${meaning(direction)}: ${pipes} in ${counted(generations.length, 'generation')}${atOnce}`
}

function meaning(direction: Direction): string {
  switch (direction) {
    case 'forward':
      return ', sources first'
    case 'reverse':
      return ', sinks first'
    case 'free':
      return ''
    default:
      return unreachable(direction)
  }
}

function reads({ inputs, tables, outputs, id, kind }: Pipe): string {
  const parts = [
    ...(inputs.length === 0 ? [] : [`reads ${inputs.join(', ')}`]),
    ...(tables.length === 0 ? [] : [`table${tables.length > 1 ? 's' : ''} ${tables.join(', ')}`]),
    ...(hasOwnNameOnly(kind, id, outputs) ? [] : [`makes ${outputs.join(', ')}`]),
  ]
  return parts.join('; ')
}

function hasOwnNameOnly(kind: PipeKind, id: string, outputs: readonly string[]): boolean {
  return outputs.length === 0 || (outputs.length === 1 && outputs[0] === id) || kind === 'consumer'
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
