/** Draws a graph in the DOT language of Graphviz. */

import { unreachable } from '../errors.js'
import { type Drawn, edgeLabel } from './draw-mermaid.js'
import type { PipeKind } from './pipe.js'

/** `groups`: ids of pipes by the title of the box around them; what is in none stands outside. */
export function drawDot({ pipes, edges }: Drawn, groups: ReadonlyMap<string, readonly string[]>): string {
  const lines = ['digraph pipes {', '  rankdir=LR', '  node [shape=box]']
  const outside = new Set(edges.flatMap(({ dataset, from }) => (from === null ? [dataset] : [])))
  for (const dataset of outside) {
    lines.push(`  ${quoted(externalName(dataset))} [label=${quoted(dataset)}, shape=ellipse, style=dashed]`)
  }
  const drawn = new Map(pipes.map(({ id, kind }) => [id, `${quoted(id)}${shape(kind)}`]))
  let boxes = 0
  for (const [title, ids] of groups) {
    lines.push(`  subgraph cluster_${boxes++} {`, `    label=${quoted(title)}`)
    for (const id of ids) {
      lines.push(`    ${drawn.get(id)}`)
      drawn.delete(id)
    }
    lines.push('  }')
  }
  for (const line of drawn.values()) lines.push(`  ${line}`)
  for (const edge of edges) {
    const label = edgeLabel(edge)
    const attributes = [
      ...(label === null ? [] : [`label=${quoted(label)}`]),
      ...(edge.isTable ? ['style=dashed'] : []),
    ]
    const from = edge.from ?? externalName(edge.dataset)
    lines.push(`  ${quoted(from)} -> ${quoted(edge.to)}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`}`)
  }
  return `${[...lines, '}'].join('\n')}\n`
}

/** Pipes may have the name of a dataset that comes from outside. */
function externalName(dataset: string): string {
  return `external ${dataset}`
}

function shape(kind: PipeKind): string {
  switch (kind) {
    case 'producer':
      return ' [shape=parallelogram]'
    case 'processor':
    case 'pipe':
      return ''
    case 'accumulator':
      return ' [shape=hexagon]'
    case 'consumer':
      return ' [shape=cylinder]'
    case 'pipeline':
      return ' [shape=box3d]'
    default:
      return unreachable(kind)
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ')}"`
}
