/** Stages in child processes: whatever a function does to its process. */

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Placement } from '../../../../planner/pipeline/definition.js'
import { inTemporaryDirectory } from '../../../support/cli.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { eventually } from '../../../support/scene.js'
import { StreamScene } from '../../../support/streaming.js'
import { functionBody, INPUT, isAlive, numbered, Stages } from './stages.js'

type ProcessPlacement = Extract<Placement, { kind: 'process' }>

const PROCESS: ProcessPlacement = { kind: 'process', maxProcesses: 1, retries: 0, timeout: null }
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 100))

let stages: Stages
beforeAll(() => {
  stages = new Stages()
})
afterAll(() => stages.close())
const streams = StreamScene.forFile()

describe('a stage in processes', () => {
  it('replaces a process that ends, and does its batch again', async () => {
    await inTemporaryDirectory(async (directory) => {
      const kwargs = { code: 3, once: join(directory, 'ended') }
      const work = await stages.open(functionBody('exits', 'batch', kwargs, INPUT), { ...PROCESS, retries: 1 })
      const { main } = await stages.run(work, [numbered(0, 3), numbered(3, 4)])
      expect(existsSync(kwargs.once)).toBe(true)
      expect(main.map(({ id }) => Number(id))).toEqual([0, 1, 2, 3])
    })
  })

  it('names the stage, the exit code and the batch when it does not help', async () => {
    const work = await stages.open(functionBody('exits', 'batch', { code: 3 }), { ...PROCESS, retries: 1 })
    await expect(work.process(stages.batch(numbered(0, 3)))).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: "stage 'tested': the process that worked on batch 1 (3 rows) ended with exit code 3 (after 2 attempts)",
      details: { stage: 'tested', exitCode: 3, batch: 1, rows: 3, attempts: 2 },
    })
    await work.close()
  })

  it('names the signal', async () => {
    const work = await stages.open(functionBody('crashes', 'batch'), PROCESS)
    await expect(work.process(stages.batch(numbered(0, 1)))).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: expect.stringContaining('was ended by SIGSEGV'),
      details: { signal: 'SIGSEGV' },
    })
    await work.close()
  })

  it('ends a process that does not answer', async () => {
    const work = await stages.open(functionBody('hangs', 'batch'), { ...PROCESS, timeout: 100 })
    await expect(work.process(stages.batch(numbered(0, 1)))).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: expect.stringContaining('did not answer within 100 ms'),
    })
    await work.close()
  })

  it('replaces a process that takes too much memory', async () => {
    const memoryLimit = 300 << 20
    const placement = { ...PROCESS, memoryLimit }
    const work = await stages.open(functionBody('leaks', 'batch', { megabytes: 30 }), placement)
    const leaks = Array.from({ length: 9 }, (_, i) => numbered(i, i + 1))
    const { main } = await stages.run(work, leaks)
    expect(main).toHaveLength(9)
    expect(new Set(main.map(({ pid }) => pid)).size).toBeGreaterThan(1)
    expect(Math.max(...main.map(({ leaked }) => Number(leaked)))).toBeLessThan(250)

    const all = await stages.open(functionBody('leaks', 'batch', { megabytes: 5000 }), placement)
    await expect(all.process(stages.batch(numbered(0, 1)))).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: expect.stringMatching(/took \d+ MB of memory, more than its limit of 315 MB$/),
    })
    await all.close()
  })

  it('takes the limit from what a pipeline says', async () => {
    const run = streams.run({
      stages: [
        { id: 'one', source: [{ id: 1 }] },
        {
          id: 'leaking',
          from: 'one',
          placement: { kind: 'process', maxProcesses: 1, retries: 0, memoryLimit: '300MB' },
          transform: {
            function: {
              module: new URL('./functions.js', import.meta.url).pathname,
              function: 'leaks',
              mode: 'batch',
              kwargs: { megabytes: 5000 },
            },
          },
        },
        { id: 'end', from: 'leaking', target: 'never.ndjson' },
      ],
    })
    await expect(run).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: expect.stringMatching(/stage 'leaking'.*more than its limit of 3\d\d MB/),
    })
  })

  it('works on as many batches at once as there may be processes', async () => {
    const work = await stages.open(functionBody('counting', 'batch'), { ...PROCESS, maxProcesses: 2 })
    const outputs = await Promise.all([0, 1, 2, 3].map((i) => work.process(stages.batch(numbered(i, i + 1)))))
    const { main } = stages.rows(outputs.flat())
    expect(new Set(main.map(({ pid }) => pid)).size).toBe(2)
    await work.close()
    for (const { pid } of main) expect(isAlive(Number(pid))).toBe(false)
  })

  it('refuses a function that is not there before it gets a batch', async () => {
    await expect(stages.open(functionBody('missing'), PROCESS)).rejects.toMatchObject({
      code: 'VOLLEY_USER_FUNCTION',
      message: expect.stringContaining("exports no function 'missing'"),
    })
  })
})

describe('processes', () => {
  it('end with an aborted run', async () => {
    const own = new Stages()
    const counting = await own.open(functionBody('counting', 'batch'), PROCESS)
    const [{ pid }] = own.rows(await counting.process(own.batch(numbered(0, 1)))).main
    const work = await own.open(functionBody('hangs', 'batch'), PROCESS)
    const hanging = work.process(own.batch(numbered(0, 1)))
    setTimeout(() => own.abort(), 50)
    await expect(hanging).rejects.toMatchObject({ code: 'VOLLEY_ABORTED' })
    await eventually(() => !isAlive(Number(pid)), soon)
    await own.close()
  })

  it('end with their engine', async () => {
    const own = new Stages()
    const work = await own.open(functionBody('counting', 'batch'), PROCESS)
    const [{ pid }] = own.rows(await work.process(own.batch(numbered(0, 1)))).main
    await own.executor.close()
    await eventually(() => !isAlive(Number(pid)), soon)
    await own.services.close()
  })

  it('end with the process that started them, busy or not', async () => {
    await inTemporaryDirectory(async (directory) => {
      const file = join(directory, 'busy')
      const script = fileURLToPath(new URL('./orphans.js', import.meta.url))
      const parent = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
      const idle = await new Promise<string>((resolve) => parent.stdout.once('data', (data) => resolve(String(data))))
      await eventually(() => existsSync(file) && readFileSync(file, 'utf8') !== '', soon)
      const pids = [idle, readFileSync(file, 'utf8')].map(Number)
      expect(pids.map(isAlive)).toEqual([true, true])
      parent.kill('SIGKILL')
      await eventually(() => !pids.some(isAlive), soon)
    })
  })
})
