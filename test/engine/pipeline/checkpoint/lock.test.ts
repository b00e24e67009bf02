/** A job is run once at a time. */

import { existsSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { JobLock } from '../../../../engine/pipeline/checkpoint/lock.js'
import { checkpointOf } from '../../../../engine/pipeline/checkpoint/options.js'
import { environmentOf } from '../../../../engine/pipeline/environment.js'
import { definePipeline } from '../../../../planner/pipeline/define/pipeline.js'
import { describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'

const scene = Scene.forFile({ threads: 1 })

describe('the lock of a job', () => {
  it('is taken by one of those that ask at once, by whatever name', async () => {
    const path = scene.path('lock')
    const asked = [path, path, relative(process.cwd(), path)].map((name) => JobLock.take(name, 'nightly'))
    const [first, ...others] = await Promise.allSettled(asked)
    expect(first.status).toBe('fulfilled')
    for (const other of others) {
      expect(other).toMatchObject({
        status: 'rejected',
        reason: { code: 'VOLLEY_CHECKPOINT_EXISTS', message: `the job nightly is being run by process ${process.pid}` },
      })
    }
    await (await asked[0]).release()
    expect(existsSync(path)).toBe(false)
    await (await JobLock.take(path, 'nightly')).release()
  })

  it('is free when it is left by this process, or cannot be read', async () => {
    for (const content of [JSON.stringify({ process: process.pid, host: 'x' }), '{']) {
      writeFileSync(scene.path('left'), content)
      await (await JobLock.take(scene.path('left'), 'nightly')).release()
    }
  })

  it('can be had again after it could not be made', async () => {
    const path = scene.path('missing/lock')
    for (const _ of [1, 2]) await expect(JobLock.take(path, 'nightly')).rejects.toMatchObject({ code: 'VOLLEY_IO' })
  })
})

describe('options of checkpoints', () => {
  const definition = definePipeline({ extract: 'a.csv', load: 'b.csv' }, environmentOf())

  it.each([
    [{ resume: true }, 'resume goes on with the job of a checkpoint: name it'],
    [{ checkpoint: 'a', checkpointEvery: { rows: 5 } }, "checkpointEvery has no option 'rows'"],
    [{ checkpoint: 'a', checkpointEvery: '5s' }, "checkpointEvery takes an object, not '5s'"],
  ])('%j is refused', (options, message) => {
    expect(() => checkpointOf(definition, options as never)).toThrow(message)
  })
})
