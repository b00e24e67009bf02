import { splitAssignments, splitList, splitNames, splitSortKeys } from '../../engine/cli/command-line/lists.js'
import { UsageError } from '../../engine/cli/command-line/usage-error.js'
import { describe, expect, it } from '../support/jest.js'

describe('splitList', () => {
  it('splits at commas outside of quotes and brackets', () => {
    expect(splitList(`a, round(b, 2), 'x, y', [1, 2], "c,d"`, 'select')).toEqual([
      'a',
      'round(b, 2)',
      `'x, y'`,
      '[1, 2]',
      '"c,d"',
    ])
  })

  it('takes doubled quotes for a part of the text', () => {
    expect(splitList(`'it''s, ok', b`, 'select')).toEqual([`'it''s, ok'`, 'b'])
  })

  it('refuses an empty entry', () => {
    expect(() => splitList('a,,b', 'drop')).toThrow(UsageError)
  })
})

describe('splitNames', () => {
  it('removes double quotes', () => {
    expect(splitNames('a, "b c", "say ""hi"""', 'drop')).toEqual(['a', 'b c', 'say "hi"'])
  })
})

describe('splitAssignments', () => {
  it('splits at the first equals sign', () => {
    expect(splitAssignments(`flag = a = 1, "my total"=sum(x, y)`, 'with', 'NAME=E')).toEqual([
      ['flag', 'a = 1'],
      ['my total', 'sum(x, y)'],
    ])
  })

  it.each(['total', '=a', 'a==b', 'a>=b', 'a='])('refuses %s', (text) => {
    expect(() => splitAssignments(text, 'with', 'NAME=E')).toThrow(UsageError)
  })
})

describe('splitSortKeys', () => {
  it('reads directions and the place of nulls', () => {
    expect(splitSortKeys('a desc, b nulls first, lower(c) ASC NULLS LAST, d')).toEqual([
      { expression: 'a', descending: true, nulls: undefined },
      { expression: 'b', descending: false, nulls: 'first' },
      { expression: 'lower(c)', descending: false, nulls: 'last' },
      { expression: 'd', descending: false, nulls: undefined },
    ])
  })
})
