import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseResults, readResults } from '../../../native-bench/report/read.js'
import { VolleyError } from '../../../planner/errors.js'
import { benchResults } from '../../support/bench-results.js'
import { inTemporaryDirectory } from '../../support/cli.js'
import { describe, expect, it } from '../../support/jest.js'

const TEXT = JSON.stringify(benchResults())

function errorOf(content: string): VolleyError {
  try {
    parseResults(content, 'results.json')
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

/** The document with one thing changed, as `change` does it to its plain value. */
function faultOf(change: (document: ReturnType<typeof JSON.parse>) => void): string {
  const document = JSON.parse(TEXT)
  change(document)
  const error = errorOf(JSON.stringify(document))
  expect(error.code).toBe('VOLLEY_SCHEMA_MISMATCH')
  return error.message.replace('results.json is not a document of benchmark results, format 1: ', '')
}

describe('a document of results', () => {
  it('is read as it was written', async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, 'results.json')
      await writeFile(path, TEXT)
      expect(await readResults(path)).toEqual(benchResults())
    })
  })

  it('is refused with the name of the field, what it must be and what it is', () => {
    const outcome = 'suites[0].cases[0].outcomes[0]'
    expect(faultOf((document) => (document.format = 2))).toBe('format must be 1, and is 2')
    expect(faultOf((document) => delete document.machine.cores)).toBe(
      'machine.cores must be a number from 1 up, and is missing',
    )
    expect(faultOf((document) => (document.suites = {}))).toBe('suites must be a list, and is an object')
    expect(faultOf((document) => (document.versions.duckdb = null))).toBe('versions.duckdb must be text, and is null')
    expect(faultOf((document) => (document.suites[0].cases[0].outcomes[0].milliseconds = []))).toBe(
      `${outcome}.milliseconds must be a list of 1 or more, and is a list of 0`,
    )
    expect(faultOf((document) => (document.suites[0].cases[0].outcomes[0].status = 'lost'))).toBe(
      `${outcome}.status must be "done" or "absent" or "failed", and is "lost"`,
    )
    expect(faultOf((document) => (document.suites[3].cases[0].outcomes[0].figures[0].unit = 'apples'))).toMatch(
      /^suites\[3\]\.cases\[0\]\.outcomes\[0\]\.figures\[0\]\.unit must be "ms" or .*, and is "apples"$/,
    )
    expect(
      faultOf((document) => (document.suites[3].cases[0].outcomes[0].memory.samples[2].residentBytes = -1)),
    ).toMatch(/memory\.samples\[2\]\.residentBytes must be a number from 0 up, and is -1$/)
  })

  it('must be JSON, and an object', () => {
    expect(errorOf('{"format": 1,').code).toBe('VOLLEY_PARSE')
    expect(errorOf('[]').message).toMatch(/the document must be an object, and is a list of 0$/)
  })

  it('must be there', async () => {
    await expect(readResults('no-such-results.json')).rejects.toMatchObject({
      code: 'VOLLEY_FILE_NOT_FOUND',
      message: 'there is no file no-such-results.json',
    })
  })
})
