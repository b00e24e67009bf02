/** Cuts sorted rows into the tasks that write them to a file. */

/** Batches that a task writes. */
const TASK_BATCHES = 16
/** Multiples of it, without their whole parts, lie as evenly as can be. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/**
 * Where the rows of a run are cut into tasks, each of so many batches. The first batch alone is a task, and shorter by
 * another fraction in each run: if the batches of all runs began at about the same keys, a merge would come to a batch of
 * every run at once, and its parts would be as large as that.
 */
export function taskBounds(rows: number, batchRows: number, run: number): [from: number, to: number][] {
  const fraction = ((run + 1) * GOLDEN_RATIO) % 1
  const bounds: [number, number][] = []
  let end = Math.max(1, Math.round(batchRows * fraction))
  for (let from = 0; from < rows; end += batchRows * TASK_BATCHES) {
    bounds.push([from, Math.min(rows, end)])
    from = end
  }
  return bounds
}
