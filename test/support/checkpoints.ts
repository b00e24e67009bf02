/** What jobs have kept, seen from outside while they run. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const PATIENCE_MILLISECONDS = 60_000
const PAUSE_MILLISECONDS = 10

/** The cut that a job of a pipeline in `directory` has committed last, as text; null before the first. */
export function committedCut(directory: string, checkpoint: string): string | null {
  try {
    const manifest = readFileSync(join(directory, '.volley', 'checkpoints', checkpoint, 'checkpoint.json'), 'utf8')
    const { committed } = JSON.parse(manifest) as { committed: unknown }
    return committed === null ? null : JSON.stringify(committed)
  } catch {
    // It has not begun, or is being replaced.
    return null
  }
}

/** Waits until a job has committed another cut than `before`. */
export async function anotherCut(directory: string, checkpoint: string, before: string | null): Promise<void> {
  const deadline = Date.now() + PATIENCE_MILLISECONDS
  for (let cut = committedCut(directory, checkpoint); cut === null || cut === before; ) {
    if (Date.now() > deadline) throw new Error(`${checkpoint} has committed nothing for ${PATIENCE_MILLISECONDS} ms`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
    cut = committedCut(directory, checkpoint)
  }
}
