// An API like many: pages with a cursor, an answer that takes a while, a limit of requests, and failures now and then.
//
//   node docs/examples/http-api/server.mjs [port]
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

export const READINGS = 20_000
const PAGE = 400
const REQUESTS_PER_SECOND = 30
const HOUR = 3_600_000
const START = Date.UTC(2024, 0, 1)

/** Of 200 sensors, one after the other. */
function reading(id) {
  const sensor = id % 200
  const at = new Date(START + Math.floor(id / 200) * HOUR)
  return {
    id,
    sensor: `s-${sensor}`,
    site: ['north', 'south', 'harbour'][sensor % 3],
    time: at.toISOString(),
    celsius: ((id * 37) % 400) / 10 - 5,
  }
}

/** Resolves to `{ server, url, answers }`: how many answers of each status there were. */
export async function startServer(port = 0) {
  const answers = {}
  const failed = new Set()
  let second = 0
  let requests = 0

  function statusFor(after) {
    const now = Math.floor(Date.now() / 1000)
    if (now !== second) [second, requests] = [now, 0]
    if (++requests > REQUESTS_PER_SECOND) return 429
    // Some pages fail once, as if a machine behind the API were being replaced.
    const page = after / PAGE
    if (page % 7 !== 3 || failed.has(page)) return 200
    failed.add(page)
    return page % 2 === 0 ? 500 : 503
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://api')
    const after = Number(searchParams.get('after') ?? 0)
    const isAllowed = request.headers.authorization === 'Bearer let-me-in'
    const status = pathname !== '/readings' ? 404 : isAllowed ? statusFor(after) : 401
    answers[status] = (answers[status] ?? 0) + 1
    const headers = { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) }
    response.writeHead(status, headers)
    if (status !== 200) return response.end('{"error":"not now"}')
    await new Promise((resolve) => setTimeout(resolve, 15))
    const end = Math.min(after + PAGE, READINGS)
    const items = Array.from({ length: end - after }, (_, i) => reading(after + i))
    response.end(JSON.stringify({ data: { items }, meta: { next: end < READINGS ? end : null } }))
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${server.address().port}`, answers }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startServer(Number(process.argv[2] ?? 8080))
  console.log(`${url}/readings`)
}
