/** Draws a graph as a Mermaid flowchart. */

import { unreachable } from '../errors.js'
import type { PipeEdge } from './connect.js'
import type { Pipe } from './pipe.js'

/** What is drawn of a graph. */
export interface Drawn {
  readonly pipes: readonly Pipe[]
  readonly edges: readonly PipeEdge[]
}

/** `groups`: ids of pipes by the title of the box around them; what is in none stands outside. */
export function drawMermaid({ pipes, edges }: Drawn, groups: ReadonlyMap<string, readonly string[]>): string {
  const names = new Map(pipes.map(({ id }, index) => [id, `p${index}`]))
  const drawn = new Map(pipes.map((pipe) => [pipe.id, `${names.get(pipe.id)}${shape(pipe)}`]))
  const outside = [...new Set(edges.flatMap(({ dataset, from }) => (from === null ? [dataset] : [])))]
  const externals = new Map(outside.map((dataset, index) => [dataset, `x${index}`]))
  const lines = ['flowchart LR']
  for (const [dataset, name] of externals) lines.push(`  ${name}([${quoted(dataset)}])`)
  let boxes = 0
  for (const [title, ids] of groups) {
    lines.push(`  subgraph g${boxes++} [${quoted(title)}]`)
    for (const id of ids) {
      lines.push(`    ${drawn.get(id)}`)
      drawn.delete(id)
    }
    lines.push('  end')
  }
  for (const line of drawn.values()) lines.push(`  ${line}`)
  for (const edge of edges) {
    const from = edge.from === null ? externals.get(edge.dataset) : names.get(edge.from)
    const label = edgeLabel(edge)
    const text = label === null ? '' : `|${quoted(label)}|`
    lines.push(`  ${from} ${edge.isTable ? '-.->' : '-->'}${text} ${names.get(edge.to)}`)
  }
  return `${lines.join('\n')}\n`
}

/** What an arrow is to say that its ends do not; null if nothing. */
export function edgeLabel({ dataset, from, isTable }: PipeEdge): string | null {
  if (from === null || dataset === from) return isTable ? 'table' : null
  const name = dataset.startsWith(`${from}.`) ? dataset.slice(from.length + 1) : dataset
  return isTable ? `${name}, table` : name
}

function shape({ id, kind }: Pipe): string {
  const text = quoted(id)
  switch (kind) {
    case 'producer':
      return `[/${text}/]`
    case 'processor':
    case 'pipe':
      return `[${text}]`
    case 'accumulator':
      return `{{${text}}}`
    case 'consumer':
      return `[(${text})]`
    case 'pipeline':
      return `[[${text}]]`
    default:
      return unreachable(kind)
  }
}

/** Entities stand for what would end the text or begin a tag. */
function quoted(text: string): string {
  const escaped = text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('\n', ' ')
  return `"${escaped}"`
}
