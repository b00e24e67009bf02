import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { VolleyError } from '../../../../index.js'
import type { HttpSource, Pagination, SourceDefinition } from '../../../../planner/pipeline/definition.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { SELF_SIGNED } from '../../../support/self-signed.js'
import { columns, StageScene } from '../../../support/stages.js'

const scene = StageScene.forFile()
const ITEMS = Array.from({ length: 25 }, (_, id) => ({ id, name: `item ${id}`, price: id % 3 === 0 ? null : id / 4 }))
const IDS = ITEMS.map(({ id }) => BigInt(id))

type Handler = (url: URL, request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server
let base = ''
let handler: Handler = () => undefined
const seen: { url: URL; headers: IncomingMessage['headers']; at: number; body: string }[] = []

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', base)
    let body = ''
    for await (const chunk of request) body += String(chunk)
    seen.push({ url, headers: request.headers, at: performance.now(), body })
    handler(url, request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function serve(answer: Handler): void {
  seen.length = 0
  handler = answer
}

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

function source(pagination: Pagination, given: Partial<HttpSource> = {}): SourceDefinition {
  return {
    kind: 'http',
    url: `${base}/items`,
    method: 'GET',
    headers: {},
    query: {},
    body: null,
    records: null,
    pagination,
    requestsPerSecond: null,
    timeout: 5000,
    retries: { count: 2, backoffMs: 1 },
    schema: null,
    ...given,
  }
}

const NONE: Pagination = { kind: 'none' }
const number = (url: URL, name: string) => Number(url.searchParams.get(name))

describe('pagination', () => {
  it('by page ends with one that is not full', async () => {
    serve((url, _, response) => {
      const page = number(url, 'page')
      json(response, { data: { items: ITEMS.slice((page - 1) * 10, page * 10) } })
    })
    const pagination: Pagination = { kind: 'page', parameter: 'page', first: 1, size: 10, sizeParameter: 'per_page' }
    const { rows, schema } = await scene.expectResumable(source(pagination, { records: 'data.items' }), 7)
    expect(rows.map(({ id }) => id)).toEqual(IDS)
    expect(schema).toEqual(columns({ id: 'bigint', name: 'varchar', price: 'double' }))
    expect(seen[0].url.search).toBe('?per_page=10&page=1')
  })

  it('by page ends with an empty one, if pages have no size', async () => {
    serve((url, _, response) => json(response, ITEMS.slice(number(url, 'p') * 5, number(url, 'p') * 5 + 5)))
    const pagination: Pagination = { kind: 'page', parameter: 'p', first: 0, size: null, sizeParameter: null }
    expect((await scene.read(source(pagination))).rows.length).toBe(25)
    expect(seen.length).toBe(6)
  })

  it('by offset', async () => {
    serve((url, _, response) =>
      json(response, ITEMS.slice(number(url, 'skip'), number(url, 'skip') + number(url, 'top'))),
    )
    const pagination: Pagination = { kind: 'offset', parameter: 'skip', size: 10, sizeParameter: 'top' }
    expect((await scene.expectResumable(source(pagination), 10)).rows.map(({ id }) => id)).toEqual(IDS)
  })

  it('by cursor, in the body of a POST', async () => {
    serve((_, __, response, body) => {
      const { filter, after = 0 } = JSON.parse(body) as { filter: string; after?: number }
      const next = after + 10
      json(response, { filter, rows: ITEMS.slice(after, next), meta: { next: next < 25 ? next : null } })
    })
    const pagination: Pagination = { kind: 'cursor', parameter: 'after', next: 'meta.next' }
    const posted = source(pagination, { method: 'POST', body: { filter: 'all' }, records: 'rows' })
    expect((await scene.expectResumable(posted, 10)).rows.map(({ id }) => id)).toEqual(IDS)
    expect(seen[1].body).toBe('{"filter":"all","after":10}')
  })

  it('by Link, relative to where the answer came from', async () => {
    serve((url, _, response) => {
      const start = number(url, 'start')
      const link: Record<string, string> = start + 10 < 25 ? { link: `</items?start=${start + 10}>; rel="next"` } : {}
      json(response, ITEMS.slice(start, start + 10), link)
    })
    const linked = source({ kind: 'link' }, { headers: { Authorization: 'Bearer hidden' }, query: { start: '0' } })
    expect((await scene.expectResumable(linked, 10)).rows.map(({ id }) => id)).toEqual(IDS)
    expect(seen.every(({ headers }) => headers.authorization === 'Bearer hidden')).toBe(true)
  })

  it('never goes to another server, and never stands still', async () => {
    serve((_, __, response) => json(response, ITEMS, { link: '<https://elsewhere.example/x>; rel="next"' }))
    await expect(scene.read(source({ kind: 'link' }))).rejects.toThrow(/another server, https:\/\/elsewhere.example/)
    serve((_, __, response) => json(response, { items: ITEMS, next: 'same' }))
    const still = source({ kind: 'cursor', parameter: 'c', next: 'next' }, { records: 'items' })
    await expect(scene.read(still)).rejects.toThrow(/the same again/)
  })
})

describe('requests', () => {
  it('are sent again as long as the server asks for', async () => {
    serve((_, __, response) => {
      if (seen.length === 1) response.writeHead(429, { 'retry-after': '1' }).end('slow down')
      else if (seen.length === 2) response.writeHead(503, { 'retry-after': new Date(0).toUTCString() }).end()
      else json(response, ITEMS)
    })
    expect((await scene.read(source(NONE))).rows.length).toBe(25)
    expect(seen[1].at - seen[0].at).toBeGreaterThan(950)
  })

  it('are sent again after broken connections', async () => {
    serve((_, request, response) => {
      if (seen.length === 1) request.socket.destroy()
      else if (seen.length === 2)
        response.writeHead(200, { 'content-length': '100' }).write('[', () => request.socket.destroy())
      else json(response, ITEMS)
    })
    expect((await scene.read(source(NONE))).rows.length).toBe(25)
  })

  it('fail with status, address and the beginning of the answer, without secrets', async () => {
    serve((_, __, response) => response.writeHead(500).end('<b>the database\n is down</b>'))
    const failing = scene.read(source(NONE, { url: `${base.replace('//', '//me:hidden@')}/items?token=hidden` }))
    await expect(failing).rejects.toThrow(
      `${base}/items?token=***: 500 Internal Server Error: <b>the database is down</b> (after 3 attempts)`,
    )
    const error = (await failing.catch((thrown: unknown) => thrown)) as VolleyError
    expect(error).toBeInstanceOf(VolleyError)
    expect(error.code).toBe('VOLLEY_HTTP')
    expect(error.details.status).toBe(500)
    expect(JSON.stringify([error.message, error.details])).not.toContain('hidden')
    expect(seen[0].headers.authorization).toBe(`Basic ${Buffer.from('me:hidden').toString('base64')}`)
  })

  it.each([400, 401, 403, 404, 410, 422])('are not sent again after %i', async (status) => {
    serve((_, __, response) => response.writeHead(status).end('{"error":"no such thing"}'))
    const failing = scene.read(source(NONE))
    await expect(failing).rejects.toThrow(new RegExp(`${base}/items: ${status} .*: {"error":"no such thing"}$`))
    await expect(failing).rejects.toMatchObject({ code: 'VOLLEY_HTTP', details: { status, url: `${base}/items` } })
    expect(seen.length).toBe(1)
  })

  it.each([408, 425, 429, 500, 502, 503, 504])('are sent again after %i', async (status) => {
    serve((_, __, response) => {
      if (seen.length < 3) response.writeHead(status).end('later')
      else json(response, ITEMS)
    })
    expect((await scene.read(source(NONE))).rows.length).toBe(25)
    expect(seen.length).toBe(3)
  })

  it('are sent again after a refused and a reset connection', async () => {
    let resets = 0
    const resetting = createTcpServer((socket) => {
      resets++
      socket.on('error', () => undefined)
      socket.resetAndDestroy()
    })
    await new Promise<void>((resolve) => resetting.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(resetting.address() as AddressInfo).port}/items`
    await expect(scene.read(source(NONE, { url }))).rejects.toThrow(/ECONNRESET.*\(after 3 attempts\)/)
    expect(resets).toBe(3)
    await new Promise((resolve) => resetting.close(resolve))
    const refused = scene.read(source(NONE, { url }))
    await expect(refused).rejects.toThrow(`${url}: connect ECONNREFUSED`)
    await expect(refused).rejects.toMatchObject({ details: { reason: 'ECONNREFUSED', attempts: 3 } })
  })

  it('are sent once to a name that nobody has, by a certificate that nobody vouches for, and in circles', async () => {
    const details = async (url: string): Promise<VolleyError['details']> => {
      const failed: unknown = await scene.read(source(NONE, { url })).catch((thrown: unknown) => thrown)
      expect(failed).toMatchObject({ code: 'VOLLEY_HTTP', message: expect.stringContaining(url) })
      return (failed as VolleyError).details
    }
    // No name has an empty part: it is not even asked for.
    const nameless = await details('http://nobody..example/items')
    expect(nameless).toEqual({ url: 'http://nobody..example/items', reason: 'ENOTFOUND' })
    const secure = createSecureServer(SELF_SIGNED, (_, response) => response.end('[]'))
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    const { port } = secure.address() as AddressInfo
    const unsure = await details(`https://127.0.0.1:${port}/items`)
    expect(unsure).toEqual({ url: `https://127.0.0.1:${port}/items`, reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    secure.closeAllConnections()
    secure.close()
    const plain = base.replace('http:', 'https:')
    expect(await details(`${plain}/items`)).toMatchObject({ reason: expect.stringMatching(/^(?:ERR_SSL_|EPROTO)/) })
    serve((_, __, response) => response.writeHead(302, { location: '/items' }).end())
    expect(await details(`${base}/items`)).not.toHaveProperty('attempts')
    await expect(scene.read(source(NONE, { url: 'ftp://nobody.example/items' }))).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
    })
  })

  it('end when there is no answer in time', async () => {
    serve(() => undefined)
    const slow = source(NONE, { timeout: 50, retries: { count: 0 } })
    await expect(scene.read(slow)).rejects.toThrow(/no answer within 50 ms/)
  })

  it('are no more than may be sent in a second', async () => {
    serve((url, _, response) => json(response, number(url, 'p') < 4 ? [{ id: 1 }] : []))
    const pagination: Pagination = { kind: 'page', parameter: 'p', first: 0, size: null, sizeParameter: null }
    await scene.read(source(pagination, { requestsPerSecond: 20 }))
    // The first may arrive late; each other was sent at least 50 ms after the one before, which had come by then.
    expect(seen[4].at - seen[0].at).toBeGreaterThan(3 * 50 - 5)
  })
})

describe('answers', () => {
  it('may be compressed, and keep integers exact', async () => {
    serve((_, __, response) => {
      const body = gzipSync('[{"id":9223372036854775807,"price":0.1}]')
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(body)
    })
    const { rows } = await scene.read(source(NONE))
    expect(rows).toEqual([{ id: 9223372036854775807n, price: 0.1 }])
  })

  it('are read by a schema, others left out', async () => {
    serve((_, __, response) => json(response, [{ day: '1969-07-20', price: '12.50', more: 1 }, { price: 3 }]))
    const schema = columns({ day: 'date', price: 'decimal(10,2)' })
    const { rows } = await scene.read(source(NONE, { schema }))
    expect(rows).toEqual([
      { day: new Date('1969-07-20'), price: '12.50' },
      { day: null, price: '3.00' },
    ])
  })

  it('that are no JSON, or have no records, are shown', async () => {
    serve((_, __, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'))
    await expect(scene.read(source(NONE))).rejects.toThrow(/the answer is not JSON but text\/html: <html>Log in/)
    serve((_, __, response) => json(response, { error: 'x' }))
    await expect(scene.read(source(NONE, { records: 'items' }))).rejects.toThrow(/'items' is no list of records/)
    serve((_, __, response) => json(response, [1, 2]))
    await expect(scene.read(source(NONE))).rejects.toThrow(/not an object/)
  })
})
