/** Reads the pages of an HTTP source, one after the other. */

import { VolleyError } from '../../planner/errors.js'
import type { HttpSource } from '../../planner/pipeline/definition.js'
import { parseExactJson } from '../ndjson/exact-json.js'
import { isRecord } from '../records/convert.js'
import { basicAuthorization, parseAddress, shownAddress, withoutUser } from './address.js'
import { beginningOf, type HttpAnswer, type HttpClient, type HttpRequest } from './client.js'
import { nextLink } from './link-header.js'
import { atPath, recordsAt } from './record-path.js'

/** Names a page; plain data. */
export type PageState =
  | { readonly kind: 'start' }
  | { readonly kind: 'page'; readonly page: number }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'cursor'; readonly cursor: string | number }
  | { readonly kind: 'link'; readonly url: string }

export interface HttpPage {
  readonly records: readonly unknown[]
  readonly state: PageState
  /** The page after it; null if it is the last one. */
  readonly next: PageState | null
}

export function firstPage({ pagination }: HttpSource): PageState {
  switch (pagination.kind) {
    case 'page':
      return { kind: 'page', page: pagination.first }
    case 'offset':
      return { kind: 'offset', offset: 0 }
    case 'none':
    case 'cursor':
    case 'link':
      return { kind: 'start' }
  }
}

/** Pages from `state` on. Throws VOLLEY_HTTP, VOLLEY_BAD_RECORD for what is not JSON or has no records. */
export async function* readPages(source: HttpSource, state: PageState, client: HttpClient): AsyncGenerator<HttpPage> {
  for (let current: PageState | null = state; current !== null; ) {
    const request = requestOf(source, current)
    const answer = await client.send(request)
    const address = shownAddress(answer.url)
    const json = parseAnswer(answer, address)
    const records = recordsAt(json, source.records, address)
    const next = nextPage(source, current, { request, answer, json, records })
    yield { records, state: current, next }
    current = next
  }
}

function requestOf(source: HttpSource, state: PageState): HttpRequest {
  const base = parseAddress(source.url)
  const authorization = basicAuthorization(base)
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...(authorization === null ? {} : { authorization }),
    ...(source.body === null || source.body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  for (const [name, value] of Object.entries(source.headers)) headers[name.toLowerCase()] = value
  const url = state.kind === 'link' ? new URL(state.url) : withoutUser(base)
  // The next page's link has all parameters already.
  if (state.kind !== 'link') for (const [name, value] of Object.entries(source.query)) url.searchParams.set(name, value)
  const parameters = parametersOf(source, state)
  let { body } = source
  if (source.method === 'POST' && isRecord(body)) body = { ...body, ...parameters }
  else for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value))
  return { url, method: source.method, headers, body: textOf(source, body) }
}

function textOf({ method }: HttpSource, body: unknown): string | null {
  if (method === 'GET' || body === null || body === undefined) return null
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/** What tells the page: in the body of a POST that is an object, or else in the address. */
function parametersOf({ pagination }: HttpSource, state: PageState): Record<string, string | number> {
  const size = 'sizeParameter' in pagination && pagination.sizeParameter !== null && pagination.size !== null
  const sized: Record<string, number> = size ? { [pagination.sizeParameter]: pagination.size } : {}
  if (pagination.kind === 'page' && state.kind === 'page') return { ...sized, [pagination.parameter]: state.page }
  if (pagination.kind === 'offset' && state.kind === 'offset') return { ...sized, [pagination.parameter]: state.offset }
  if (pagination.kind === 'cursor' && state.kind === 'cursor') return { [pagination.parameter]: state.cursor }
  return {}
}

function parseAnswer({ text, headers }: HttpAnswer, address: string): unknown {
  try {
    // Without content there are no records.
    return text === '' ? [] : parseExactJson(text)
  } catch (error) {
    const type = headers.get('content-type') ?? 'no content type'
    const message = `${address}: the answer is not JSON but ${type}: ${beginningOf(text)}`
    throw new VolleyError('VOLLEY_BAD_RECORD', message, { url: address, expected: 'JSON', actual: type }, error)
  }
}

interface Answered {
  readonly request: HttpRequest
  readonly answer: HttpAnswer
  readonly json: unknown
  readonly records: readonly unknown[]
}

function nextPage(
  { pagination }: HttpSource,
  state: PageState,
  { request, answer, json, records }: Answered,
): PageState | null {
  switch (pagination.kind) {
    case 'none':
      return null
    case 'page': {
      const page = state.kind === 'page' ? state.page : pagination.first
      return records.length === 0 || records.length < (pagination.size ?? 0) ? null : { kind: 'page', page: page + 1 }
    }
    case 'offset': {
      const offset = (state.kind === 'offset' ? state.offset : 0) + records.length
      return records.length === 0 || records.length < pagination.size ? null : { kind: 'offset', offset }
    }
    case 'cursor':
      return nextCursor(state, atPath(json, pagination.next), pagination.next, answer.url)
    case 'link': {
      const link = nextLink(answer.headers.get('link'))
      return link === null ? null : nextLinked(request.url, answer.url, link)
    }
  }
}

function nextCursor(state: PageState, cursor: unknown, path: string, url: URL): PageState | null {
  if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return null
  const address = shownAddress(url)
  if (typeof cursor !== 'string' && typeof cursor !== 'number' && typeof cursor !== 'bigint') {
    throw new VolleyError('VOLLEY_BAD_RECORD', `${address}: '${path}' is no cursor but a value of ${typeof cursor}`, {
      url: address,
      expected: 'text or a number',
    })
  }
  const next = typeof cursor === 'bigint' ? String(cursor) : cursor
  if (state.kind === 'cursor' && state.cursor === next) throw standsStill(address)
  return { kind: 'cursor', cursor: next }
}

/** Headers may carry secrets: they are sent to no other server than the one that they were given for. */
function nextLinked(asked: URL, answered: URL, link: string): PageState {
  const next = new URL(link, answered)
  if (next.origin !== asked.origin) {
    const message = `${shownAddress(asked)}: its next page is at another server, ${next.origin}`
    throw new VolleyError('VOLLEY_HTTP', message, {
      url: shownAddress(asked),
      expected: asked.origin,
      actual: next.origin,
    })
  }
  if (next.href === asked.href) throw standsStill(shownAddress(asked))
  return { kind: 'link', url: next.href }
}

function standsStill(address: string): VolleyError {
  return new VolleyError('VOLLEY_HTTP', `${address}: the page after it is the same again`, { url: address })
}
