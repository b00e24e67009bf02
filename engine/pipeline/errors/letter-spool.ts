/**
 * Records that stages could not process, as lines of JSON in a file that grows while a pipeline runs.
 *
 * Lines of a stage are numbered. A checkpoint knows how many a stage had written when it passed the barrier: a job that
 * resumes keeps these and forgets the others, which the stage will write again.
 */

import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { systemCode, writeError } from '../../../io/file-errors.js'
import type { DeadLetter } from './dead-letter.js'

/** A line: a dead letter with its number, and the file that it is for. */
export interface SpooledLetter extends DeadLetter {
  readonly number: number
  readonly file: string
}

/** How many letters of a stage count. */
export type Kept = (stage: string) => number

export class LetterSpool {
  private last: Promise<void> = Promise.resolve()

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** Letters that are there, by file. */
    private readonly counts: Map<string, number>,
  ) {}

  /** Goes on with a file, of which those lines are kept that `kept` says; without it, begins anew. */
  static async open(path: string, kept: Kept | null): Promise<LetterSpool> {
    const beside = `${path}.new`
    const counts = new Map<string, number>()
    try {
      const handle = await open(beside, 'w')
      const spool = new LetterSpool(path, handle, counts)
      if (kept !== null) await spool.take(path, kept)
      await handle.sync()
      await rename(beside, path)
      return spool
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Files that letters are for, and how many. */
  get files(): ReadonlyMap<string, number> {
    return this.counts
  }

  append(letters: readonly SpooledLetter[]): Promise<void> {
    if (letters.length === 0) return this.last
    for (const { file } of letters) this.counts.set(file, (this.counts.get(file) ?? 0) + 1)
    const lines = letters.map((letter) => `${JSON.stringify(letter)}\n`).join('')
    return this.next(() => this.handle.appendFile(lines))
  }

  /** Makes durable what was appended. */
  sync(): Promise<void> {
    return this.next(() => this.handle.sync())
  }

  async close(): Promise<void> {
    await this.last.catch(() => undefined)
    await this.handle.close()
  }

  async remove(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
  }

  private next(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work).catch((error: unknown) => {
      throw writeError(this.path, error)
    })
    this.last = done
    // Whoever asked for it sees it.
    done.catch(() => undefined)
    return done
  }

  private async take(path: string, kept: Kept): Promise<void> {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
    try {
      for await (const line of lines) {
        const letter = parsed(line)
        if (letter !== null && letter.number < kept(letter.stage)) await this.append([letter])
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
}

/** Null for a line that was not written whole. */
function parsed(line: string): SpooledLetter | null {
  try {
    return JSON.parse(line) as SpooledLetter
  } catch {
    return null
  }
}
