import { parseAddress, shownAddress } from '../../../io/http/address.js'
import { nextLink } from '../../../io/http/link-header.js'
import { atPath, recordsAt } from '../../../io/http/record-path.js'
import { retryAfter } from '../../../io/http/retry-after.js'
import { describe, expect, it } from '../../support/jest.js'

describe('nextLink', () => {
  it.each([
    ['<https://a/x?page=2>; rel="next"', 'https://a/x?page=2'],
    ['<https://a/1>; rel="prev", <https://a/3>; rel="next"; title="a, b"', 'https://a/3'],
    ['</items?after=x,y>; rel=next', '/items?after=x,y'],
    ['<https://a/1>; title="<no>, rel=next"; rel="first last"', null],
    ['<https://a/2>; REL="prev NEXT"', 'https://a/2'],
    ['', null],
    [null, null],
  ])('finds in %s', (header, expected) => {
    expect(nextLink(header)).toBe(expected)
  })
})

describe('retryAfter', () => {
  const now = Date.UTC(2024, 0, 1)

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Mon, 01 Jan 2024 00:00:05 GMT', 5000],
    ['Sun, 31 Dec 2023 23:59:00 GMT', 0],
    ['-1', null],
    ['soon', null],
    [null, null],
  ])('reads %s', (header, expected) => {
    expect(retryAfter(header, now)).toBe(expected)
  })
})

describe('addresses', () => {
  it('are shown without secrets', () => {
    const address = parseAddress('https://me:hidden@host/items?page=2&api_key=hidden&access_token=hidden#x')
    expect(shownAddress(address)).toBe('https://host/items?page=2&api_key=***&access_token=***')
  })

  it.each(['ftp://host/x', 'items', 'file:///etc/passwd'])('refuse %s', (text) => {
    expect(() => parseAddress(text)).toThrow(/http: or https:/)
  })
})

describe('paths of records', () => {
  const answer = { data: { items: [{ id: 1 }], none: null, 'a b': [[{ id: 2 }]] } }

  it('go into objects and arrays', () => {
    expect(recordsAt(answer, 'data.items', 'here')).toEqual([{ id: 1 }])
    expect(recordsAt(answer, 'data.a b.0', 'here')).toEqual([{ id: 2 }])
    expect(recordsAt(answer, 'data.none', 'here')).toEqual([])
    expect(recordsAt({ id: 3 }, null, 'here')).toEqual([{ id: 3 }])
    expect(atPath(answer, 'data.constructor')).toBeUndefined()
  })

  it('say what is there instead', () => {
    expect(() => recordsAt(answer, 'items', 'here')).toThrow(
      "here: 'items' is no list of records but missing; it has data",
    )
  })
})
