/** Addresses of requests, and what of them may be shown. */

import { VolleyError } from '../../planner/errors.js'

/** Names of parameters whose values are not for logs. */
const SECRET = /token|secret|passw|api[-_]?key|^key$|auth|signature|^sig$|credential|session/i
const HIDDEN = '***'

/** Throws VOLLEY_INVALID_ARGUMENT for what is no address of HTTP or HTTPS. */
export function parseAddress(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : null
  if (address?.protocol === 'http:' || address?.protocol === 'https:') return address
  const actual = address === null ? 'no URL' : `an address of ${address.protocol}`
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `an HTTP source has a URL of http: or https:, not ${actual}`, {
    expected: 'http: or https:',
    actual,
  })
}

/** An address without user, password and values of parameters that look like secrets. */
export function shownAddress(address: URL): string {
  const shown = new URL(address)
  shown.username = ''
  shown.password = ''
  shown.hash = ''
  for (const name of new Set(shown.searchParams.keys())) {
    if (SECRET.test(name)) shown.searchParams.set(name, HIDDEN)
  }
  return shown.href
}

/** The value of `Authorization` for the user and password of an address, which `fetch` refuses in the address itself. */
export function basicAuthorization(address: URL): string | null {
  if (address.username === '' && address.password === '') return null
  const user = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`
  return `Basic ${Buffer.from(user).toString('base64')}`
}

/** The same without user and password. */
export function withoutUser(address: URL): URL {
  const plain = new URL(address)
  plain.username = ''
  plain.password = ''
  return plain
}
