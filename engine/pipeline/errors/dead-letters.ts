/** The dead letters of a run: gathered while it runs, and put into Parquet files when it has ended, well or not. */

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Frame } from '../../../planner/frame.js'
import type { FlatStage } from '../../../planner/pipeline/flatten.js'
import type { DeadLetterFile } from '../report.js'
import type { PipelineServices } from '../services.js'
import { type FailedRecord, LETTER_COLUMNS } from './dead-letter.js'
import { type Kept, LetterSpool } from './letter-spool.js'
import { StageErrors } from './stage-errors.js'

export interface DeadLettersSetting {
  readonly pipeline: string
  /** Names the files. */
  readonly run: string
  readonly services: PipelineServices
  /** Where letters are gathered, and which of those that are there count; null: in a file of the run's own. */
  readonly spool: { readonly path: string; readonly kept: Kept | null } | null
}

export class DeadLetters {
  private readonly stages = new Map<string, StageErrors>()

  private constructor(
    private readonly setting: DeadLettersSetting,
    private readonly spool: LetterSpool,
  ) {}

  /** Null if no stage has a place for them. */
  static async open(stages: readonly FlatStage[], setting: DeadLettersSetting): Promise<DeadLetters | null> {
    if (stages.every(({ errors }) => (errors?.deadLetters ?? null) === null)) return null
    const path = setting.spool?.path ?? (await setting.services.run.spill.createFile())
    return new DeadLetters(setting, await LetterSpool.open(path, setting.spool?.kept ?? null))
  }

  /** Null for a stage whose first failed record ends the run. Always the same of a stage. */
  of(stage: FlatStage): StageErrors | null {
    if (stage.errors?.isSilent === true) return this.silent(stage)
    const known = this.stages.get(stage.id)
    if (known !== undefined) return known
    const { spool } = this
    const { pipeline, run } = this.setting
    const there = this.setting.spool?.kept?.(stage.id) ?? 0
    const made = this.errorsOf(stage, async (file, number, record) => {
      // What a consumer lost with its process it is given again, with what it refused.
      if (number < there) return
      const time = new Date().toISOString()
      return spool.append([{ number, file, pipeline, run, stage: stage.id, ...record, time }])
    })
    if (made !== null) this.stages.set(stage.id, made)
    return made
  }

  /** The same for a stage that runs a second time in a run: what fails has been written. */
  silent(stage: FlatStage): StageErrors | null {
    return this.errorsOf(stage, async () => {})
  }

  /** Failed records by stage. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.stages].map(([id, errors]) => [id, errors.failed]))
  }

  /** Writes the files, whole and at once; those that an earlier run of the same job wrote are replaced. */
  async write(): Promise<readonly DeadLetterFile[]> {
    const { spool, setting } = this
    const { scans, runtime } = setting.services
    await spool.sync()
    const types = { ...LETTER_COLUMNS, number: 'bigint', file: 'varchar' } as const
    const files: DeadLetterFile[] = []
    for (const [path, records] of spool.files) {
      await mkdir(dirname(path), { recursive: true })
      const all = new Frame(scans.scanFormat('ndjson', [spool.path], { types }), runtime)
      await all
        .filter(`file = '${path.replaceAll("'", "''")}'`)
        .select(...Object.keys(LETTER_COLUMNS).map((name) => `"${name}"`))
        .sinkParquet(path, { overwrite: existsSync(path) })
      files.push({ path, records })
    }
    return files
  }

  /** With `keep`, what was gathered stays for a resumed job. */
  async close(keep: boolean): Promise<void> {
    if (keep) await this.spool.close()
    else await this.spool.remove()
  }

  private errorsOf(
    { id, errors }: FlatStage,
    append: (file: string, number: number, record: FailedRecord) => Promise<void>,
  ): StageErrors | null {
    const place = errors?.deadLetters ?? null
    if (errors === null || place === null) return null
    const file = this.fileIn(place)
    return new StageErrors({
      stage: id,
      policy: errors,
      file,
      append: (number, record) => append(file, number, record),
      sync: () => this.spool.sync(),
    })
  }

  private fileIn(place: string): string {
    if (place.endsWith('.parquet')) return place
    const { pipeline, run } = this.setting
    return join(place, `${pipeline.replace(/[^\w.-]+/g, '-')}-${run}.parquet`)
  }
}

/** Names a run that is no job: in the order of time, and unlike others of the same time. */
export function runName(startedAt: Date): string {
  return `${startedAt.toISOString().replace(/[^0-9TZ]/g, '')}-${randomBytes(2).toString('hex')}`
}
