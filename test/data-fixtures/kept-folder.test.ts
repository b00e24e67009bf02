import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptFolder } from '../../data-fixtures/kept-folder.js'
import { expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const fill =
  (text: string) =>
  async (folder: string): Promise<void> =>
    writeFileSync(join(folder, 'file'), text)

it('makes a folder once for a recipe, and another one for another', async () => {
  const directory = temporaryDirectory()
  const folder = await keptFolder(directory, 'name', 'one', fill('first'))
  expect(await keptFolder(directory, 'name', 'one', fill('second'))).toBe(folder)
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('first')
  expect(await keptFolder(directory, 'name', 'two', fill('third'))).not.toBe(folder)
  expect(readdirSync(directory)).toHaveLength(2)
})

it('leaves nothing of a failure', async () => {
  const directory = temporaryDirectory()
  const failing = keptFolder(directory, 'name', 'one', async (folder) => {
    await fill('half')(folder)
    throw new Error('the disk is full')
  })
  await expect(failing).rejects.toThrow('the disk is full')
  expect(readdirSync(directory)).toEqual([])
})

it('is not there before it is complete, and takes what another process completed first', async () => {
  const directory = temporaryDirectory()
  const folder = await keptFolder(directory, 'name', 'one', async (draft) => {
    await fill('mine')(draft)
    const final = draft.replace(/\.\d+\.tmp$/, '')
    expect(existsSync(final)).toBe(false)
    mkdirSync(final)
    writeFileSync(join(final, 'file'), 'of the other')
  })
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('of the other')
  expect(readdirSync(directory)).toHaveLength(1)
})

it('removes what a killed process left, and not what a running one makes', async () => {
  const directory = temporaryDirectory()
  const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))
  const name = (await keptFolder(temporaryDirectory(), 'name', 'one', fill(''))).split('/').at(-1)
  for (const maker of [ended, process.ppid]) mkdirSync(join(directory, `${name}.${maker}.tmp`))
  await keptFolder(directory, 'name', 'one', fill(''))
  expect(readdirSync(directory).sort()).toEqual([name, `${name}.${process.ppid}.tmp`].sort())
})
