/** Finds the cycles of a directed graph. */

/** The nodes that a node leads to; nodes are numbered from 0. */
export type Successors = readonly (readonly number[])[]

/**
 * A shortest cycle through the first node of each strongly connected component that has one, in the order of those nodes.
 * The first node is not repeated at the end.
 */
export function findCycles(successors: Successors): number[][] {
  return components(successors)
    .map((component) => component.sort((a, b) => a - b))
    .sort(([a], [b]) => a - b)
    .flatMap((component) => {
      const cycle = shortestCycle(successors, component)
      return cycle === null ? [] : [cycle]
    })
}

/** By breadth: the first way back to where it started. */
function shortestCycle(successors: Successors, component: readonly number[]): number[] | null {
  const [start] = component
  const members = new Set(component)
  const cameFrom = new Map<number, number>()
  const queue = [start]
  for (const node of queue) {
    for (const next of successors[node]) {
      if (next === start) return wayTo(node, start, cameFrom)
      if (!members.has(next) || cameFrom.has(next)) continue
      cameFrom.set(next, node)
      queue.push(next)
    }
  }
  return null
}

function wayTo(node: number, start: number, cameFrom: ReadonlyMap<number, number>): number[] {
  const way = [node]
  for (let at = node; at !== start; way.unshift(at)) at = cameFrom.get(at)!
  return way
}

/** Strongly connected components, by Tarjan's algorithm (SIAM Journal on Computing 1, 1972) with a stack of its own. */
function components(successors: Successors): number[][] {
  const found: number[][] = []
  const numbers = new Array<number>(successors.length).fill(-1)
  const lowest = new Array<number>(successors.length).fill(0)
  const open: number[] = []
  const isOpen = new Array<boolean>(successors.length).fill(false)
  let counter = 0
  const enter = (node: number) => {
    numbers[node] = lowest[node] = counter++
    open.push(node)
    isOpen[node] = true
    return { node, next: 0 }
  }
  for (let root = 0; root < successors.length; root++) {
    if (numbers[root] >= 0) continue
    const calls = [enter(root)]
    while (calls.length > 0) {
      const call = calls[calls.length - 1]
      const { node } = call
      if (call.next < successors[node].length) {
        const next = successors[node][call.next++]
        if (numbers[next] < 0) calls.push(enter(next))
        else if (isOpen[next]) lowest[node] = Math.min(lowest[node], numbers[next])
        continue
      }
      calls.pop()
      const caller = calls.at(-1)?.node
      if (caller !== undefined) lowest[caller] = Math.min(lowest[caller], lowest[node])
      if (lowest[node] !== numbers[node]) continue
      const component = open.splice(open.lastIndexOf(node))
      for (const member of component) isOpen[member] = false
      found.push(component)
    }
  }
  return found
}
