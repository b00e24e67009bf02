import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeError } from '../../io/file-errors.js'
import { OutputFile } from '../../io/output-file.js'
import { afterEach, beforeEach, describe, expect, it } from '../support/jest.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'volley-output-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('OutputFile', () => {
  it('appears under its name only when committed', async () => {
    const path = join(directory, 'out.bin')
    const file = await OutputFile.open(path)
    await file.append(bytes('one '))
    await file.append(new Uint8Array(new SharedArrayBuffer(3)).fill(65))
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(directory)[0]).toMatch(/^\.out\.bin\.[0-9a-f]+\.volley-tmp$/)
    await file.commit()
    expect(file.bytesWritten).toBe(7)
    expect(readdirSync(directory)).toEqual(['out.bin'])
    expect(readFileSync(path, 'utf8')).toBe('one AAA')
  })

  it('leaves nothing behind when aborted, before and after a failed commit', async () => {
    const file = await OutputFile.open(join(directory, 'out.bin'))
    await file.append(bytes('x'))
    await file.abort()
    await file.abort()
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses an existing file at opening', async () => {
    const path = join(directory, 'out.bin')
    writeFileSync(path, 'old')
    await expect(OutputFile.open(path)).rejects.toMatchObject({ code: 'VOLLEY_OUTPUT_EXISTS', details: { path } })
    expect(readdirSync(directory)).toEqual(['out.bin'])
  })

  it('does not clobber a file that appeared meanwhile', async () => {
    const path = join(directory, 'out.bin')
    const file = await OutputFile.open(path)
    await file.append(bytes('new'))
    writeFileSync(path, 'other')
    await expect(file.commit()).rejects.toMatchObject({ code: 'VOLLEY_OUTPUT_EXISTS' })
    expect(readFileSync(path, 'utf8')).toBe('other')
    expect(readdirSync(directory)).toEqual(['out.bin'])
  })

  it('overwrites when asked, through a symbolic link too', async () => {
    const path = join(directory, 'out.bin')
    const alias = join(directory, 'alias.bin')
    writeFileSync(path, 'old')
    symlinkSync(path, alias)
    const file = await OutputFile.open(alias, { overwrite: true })
    await file.append(bytes('new'))
    expect(readFileSync(path, 'utf8')).toBe('old')
    await file.commit()
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(directory).sort()).toEqual(['alias.bin', 'out.bin'])
  })

  it('says why a file cannot be written', async () => {
    await expect(OutputFile.open(join(directory, 'none', 'out.bin'))).rejects.toMatchObject({
      code: 'VOLLEY_IO',
      message: expect.stringContaining('its directory does not exist'),
    })
    await expect(OutputFile.open(directory, { overwrite: true })).rejects.toMatchObject({
      code: 'VOLLEY_IO',
      message: expect.stringContaining('it is a directory'),
    })
    await expect(OutputFile.open('/dev/null', { overwrite: true })).rejects.toMatchObject({
      code: 'VOLLEY_UNSUPPORTED',
    })
  })

  it('reports a full device', async () => {
    const full = await writeFile('/dev/full', 'x').catch((error: unknown) => error)
    expect(writeError('out.bin', full)).toMatchObject({ code: 'VOLLEY_DISK_FULL', cause: full })
  })
})
