import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SpillDirectory } from '../../../io/spill/spill-directory.js'
import { afterAll, expect, it } from '../../support/jest.js'

const parent = mkdtempSync(join(tmpdir(), 'volley-spill-'))
afterAll(() => rmSync(parent, { recursive: true }))

it('is made with its first file, goes with all of them, and can be made again', async () => {
  const spill = new SpillDirectory(parent)
  await spill.remove()
  expect(readdirSync(parent)).toEqual([])
  for (let round = 0; round < 2; round++) {
    const [first, second] = await Promise.all([spill.createFile(), spill.createFile()])
    expect(dirname(first)).toBe(dirname(second))
    expect(first).not.toBe(second)
    await spill.removeFile(first)
    expect([existsSync(first), existsSync(second)]).toEqual([false, true])
    await spill.remove()
    expect(readdirSync(parent)).toEqual([])
  }
})

it('sweeps what a process that is gone has left', async () => {
  const spill = new SpillDirectory(parent)
  const alive = dirname(await spill.createFile())
  const gone = alive.replace(/volley-\d+-/, 'volley-999999999-')
  await new SpillDirectory(gone).createFile()
  const other = new SpillDirectory(parent)
  await other.createFile()
  expect([existsSync(alive), existsSync(gone)]).toEqual([true, false])
  await Promise.all([spill.remove(), other.remove()])
})

it('tells that it cannot be made', async () => {
  const file = join(parent, 'file')
  writeFileSync(file, '')
  const spill = new SpillDirectory(join(file, 'below'))
  await expect(spill.createFile()).rejects.toMatchObject({ code: 'VOLLEY_IO' })
  await spill.remove()
})
