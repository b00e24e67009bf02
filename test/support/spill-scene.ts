/** Two engines whose breakers have next to no memory, so that they go through files; and what must hold when that fails. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import type { Engine, EngineOptions } from '../../index.js'
import { afterAll, beforeAll, describe, expect, it } from './jest.js'
import { Oracle } from './oracle.js'
import { expectNoLeak, failure } from './scene.js'

/** Moments of a run at which it is aborted. */
const ABORTS = 12

export interface SpillSetting {
  readonly name: string
  readonly open: (breakerBytes: number, options: EngineOptions) => Engine
  readonly tinyBytes: number
  readonly smallBytes: number
  /** Makes the tables that are read. */
  readonly fill: (oracle: Oracle) => Promise<void>
}

/** A file system that is too small. */
export interface FullDisk {
  /** As `mount` takes it. */
  readonly size: string
  readonly fail: (engine: Engine) => Promise<unknown>
  /** Checks that the engine goes on without files. */
  readonly goOn: (engine: Engine) => Promise<void>
}

export class SpillScene {
  readonly spill: string
  private readonly directory: string
  private opened: { readonly oracle: Oracle; readonly tiny: Engine; readonly small: Engine } | null = null

  private constructor(private readonly setting: SpillSetting) {
    this.directory = mkdtempSync(join(tmpdir(), `volley-${setting.name}-`))
    this.spill = join(this.directory, 'spill')
    mkdirSync(this.spill)
  }

  /** For the tests of one file. */
  static forFile(setting: SpillSetting): SpillScene {
    const scene = new SpillScene(setting)
    beforeAll(async () => {
      const oracle = await Oracle.open()
      const { tinyBytes, smallBytes } = setting
      scene.opened = { oracle, tiny: scene.open(tinyBytes, scene.spill), small: scene.open(smallBytes, scene.spill) }
      await setting.fill(oracle)
    })
    afterAll(async () => {
      await scene.tiny.close()
      await scene.small.close()
      scene.oracle.close()
      const left = readdirSync(scene.spill)
      rmSync(scene.directory, { recursive: true })
      expect(left).toEqual([])
    })
    return scene
  }

  get oracle(): Oracle {
    return this.there.oracle
  }

  get tiny(): Engine {
    return this.there.tiny
  }

  get small(): Engine {
    return this.there.small
  }

  /** Files of breakers; DuckDB has its own directory. */
  files(): string[] {
    return (readdirSync(this.spill, { recursive: true }) as string[]).filter((name) => /run-\d+$/.test(name))
  }

  /** Aborts runs at moments up to `share` of the time that one takes, or of less if they turn out to be quicker. */
  async expectAborts(share: number, run: (engine: Engine, signal?: AbortSignal) => Promise<unknown>): Promise<void> {
    const began = performance.now()
    await run(this.small)
    let duration = (performance.now() - began) * share
    let aborted = 0
    for (let step = 0; step < ABORTS; step++) {
      const signal = AbortSignal.timeout(Math.round((duration * step) / ABORTS))
      const code = await run(step % 2 === 0 ? this.small : this.tiny, signal).then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
      if (code === 'done') duration /= 2
      else aborted++
      expect(['done', 'VOLLEY_ABORTED']).toContain(code)
      expect(this.files()).toEqual([])
    }
    expect(aborted).toBeGreaterThan(2)
  }

  /** Leaves a stream after its first batch, among other runs, and looks for what they leave. */
  async expectLeaves(
    stream: () => AsyncIterable<RecordBatch>,
    others: Readonly<Record<string, () => Promise<unknown>>>,
  ): Promise<void> {
    const leave = async () => {
      for await (const batch of stream()) {
        expect(batch.numRows).toBeGreaterThan(0)
        break
      }
      expect(this.files()).toEqual([])
    }
    await expectNoLeak(this.small, { leave, ...others })
  }

  /** Removes the files of a stream that is being read. */
  async expectVanishing(stream: () => AsyncIterable<RecordBatch>): Promise<void> {
    const error = await failure(async () => {
      for await (const _ of stream()) rmSync(this.spill, { recursive: true, force: true })
    })
    mkdirSync(this.spill, { recursive: true })
    expect([error.code, error.message]).toEqual([
      'VOLLEY_IO',
      expect.stringMatching(/^cannot read .+: somebody removed it$/),
    ])
  }

  /** Runs that find no room on a disk; skipped where this process may not mount one. */
  describeFullDisk({ size, fail, goOn }: FullDisk): void {
    const full = join(this.directory, 'small')
    mkdirSync(full)
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', full]).status === 0
    describe('a full disk', () => {
      afterAll(() => {
        if (isMounted) spawnSync('umount', [full])
      })
      const test = isMounted ? it : it.skip

      test('ends the run and leaves nothing on it (needs the right to mount)', async () => {
        const engine = this.open(this.setting.smallBytes, full)
        try {
          for (let round = 0; round < 2; round++) {
            const error = await failure(() => fail(engine))
            expect(error.code).toBe('VOLLEY_DISK_FULL')
            expect(error.message).toMatch(new RegExp(`^cannot write ${full}.+: no space left on the device`))
            expect(readdirSync(full)).toEqual([])
          }
          await goOn(engine)
        } finally {
          await engine.close()
        }
      })
    })
  }

  private open(breakerBytes: number, tempDirectory: string): Engine {
    return this.setting.open(breakerBytes, { threads: 2, tempDirectory })
  }

  private get there(): NonNullable<SpillScene['opened']> {
    if (this.opened === null) throw new Error('the engines were not opened')
    return this.opened
  }
}
