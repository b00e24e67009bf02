import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expandPaths } from '../../io/paths.js'
import { beforeAll, describe, expect, it } from '../support/jest.js'
import { temporaryDirectory } from '../support/parquet-files.js'

const root = temporaryDirectory()

beforeAll(() => {
  mkdirSync(join(root, 'a/deep'), { recursive: true })
  mkdirSync(join(root, 'b'), { recursive: true })
  for (const name of ['b/2.parquet', 'b/1.parquet', 'b/10.PARQUET', 'b/.hidden.parquet', 'b/_tmp.parquet', 'b/x.csv']) {
    writeFileSync(join(root, name), '')
  }
  for (const name of ['a/deep/3.parquet', 'a/[odd].parquet', 'top.parquet']) writeFileSync(join(root, name), '')
})

const expand = (input: string | string[]) =>
  expandPaths(Array.isArray(input) ? input.map((path) => join(root, path)) : join(root, input), ['.parquet']).map(
    (path) => path.slice(root.length + 1),
  )

describe('expandPaths', () => {
  it('takes files and lists as they are given', () => {
    expect(expand('top.parquet')).toEqual(['top.parquet'])
    expect(expand(['b/2.parquet', 'b/x.csv', 'b/1.parquet'])).toEqual(['b/2.parquet', 'b/x.csv', 'b/1.parquet'])
    expect(expand('a/[odd].parquet')).toEqual(['a/[odd].parquet'])
  })

  it('lists directories in order, without hidden and underscored files', () => {
    expect(expand('b')).toEqual(['b/1.parquet', 'b/10.PARQUET', 'b/2.parquet'])
    expect(expand('.')).toEqual([
      'a/[odd].parquet',
      'a/deep/3.parquet',
      'b/1.parquet',
      'b/10.PARQUET',
      'b/2.parquet',
      'top.parquet',
    ])
  })

  it('matches globs', () => {
    expect(expand('b/?.parquet')).toEqual(['b/1.parquet', 'b/2.parquet'])
    expect(expand('b/*.parquet')).toEqual(['b/1.parquet', 'b/2.parquet', 'b/_tmp.parquet'])
    expect(expand('*/[!2].parquet')).toEqual(['b/1.parquet'])
    expect(expand('**/{1,3}.parquet')).toEqual(['a/deep/3.parquet', 'b/1.parquet'])
    expect(expand('a/**')).toEqual(['a/[odd].parquet', 'a/deep/3.parquet'])
    expect(expand('**/*.csv')).toEqual(['b/x.csv'])
  })

  it('fails where nothing is found', () => {
    for (const missing of ['none.parquet', 'b/*.none', 'a/deep/no/*.parquet']) {
      expect(() => expand(missing)).toThrow(expect.objectContaining({ code: 'VOLLEY_FILE_NOT_FOUND' }))
    }
    mkdirSync(join(root, 'empty'))
    expect(() => expand('empty')).toThrow('holds no .parquet file')
    expect(() => expandPaths([], ['.parquet'])).toThrow(expect.objectContaining({ code: 'VOLLEY_INVALID_ARGUMENT' }))
  })
})
