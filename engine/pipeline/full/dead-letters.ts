/** Records that the run of a consumer's plan could not process, on their way to a file. */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { ConsumerStage } from '../../../planner/pipeline/definition.js'
import type { RunOptions } from '../../../planner/run-options.js'
import type { PipelineServices } from '../services.js'

export class DeadLetters {
  private readonly batches: RecordBatch[] = []

  private constructor(
    private readonly path: string,
    private readonly maxCount: number | null,
  ) {}

  /** Null for a stage without a place for them: its first failed record ends the run. */
  static of({ id, errors }: ConsumerStage, startedAt: Date): DeadLetters | null {
    const path = errors?.deadLetters ?? null
    if (errors === null || path === null) return null
    const unsupported = errors.maxRate !== null ? 'maxRate' : errors.maxConsecutive !== null ? 'maxConsecutive' : null
    if (unsupported !== null) {
      throw new VolleyError(
        'VOLLEY_UNSUPPORTED',
        `errors.${unsupported} is for mode 'streaming': in mode 'full' records are processed in no certain order; use maxCount`,
        { stage: id },
      )
    }
    const time = startedAt.toISOString().replace(/[^0-9TZ]/g, '')
    const file = path.endsWith('.parquet') ? path : join(path, `${id.replaceAll('/', '-')}-${time}.parquet`)
    return new DeadLetters(file, errors.maxCount)
  }

  get options(): Pick<RunOptions, 'rejects' | 'maxRejects'> {
    return {
      rejects: (batch) => {
        this.batches.push(batch)
      },
      ...(this.maxCount === null ? {} : { maxRejects: this.maxCount }),
    }
  }

  /** Leaves no file where nothing failed. Adds no rows to a file that is there: it is replaced. */
  async write({ scans, runtime }: PipelineServices): Promise<void> {
    if (this.batches.length === 0) return
    await mkdir(dirname(this.path), { recursive: true })
    const frame = new Frame(scans.tables(this.batches), runtime)
    await frame.sinkParquet(this.path, { overwrite: existsSync(this.path) })
  }
}
