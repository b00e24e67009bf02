import type { Browser, Page } from 'puppeteer-core'
import { htmlPage } from '../../../native-bench/report/html.js'
import { exactText } from '../../../native-bench/report/number-text.js'
import { fitting, spreadOut, textWidth } from '../../../native-bench/report/svg.js'
import type { Results } from '../../../native-bench/results.js'
import { benchResults, HOSTILE } from '../../support/bench-results.js'
import { browserPath, openBrowser } from '../../support/browser.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'

const OLD = benchResults({ seed: 2, commit: null })
const ONE = benchResults()
const PAGE = htmlPage([OLD, ONE])
const PATH = browserPath()
const inBrowser = PATH === null ? it.skip : it
const without = PATH === null ? ' (skipped: no Chromium at CHROMIUM_PATH or on PATH)' : ''

describe('the page', () => {
  it('fetches nothing and runs nothing', () => {
    expect(PAGE).not.toMatch(/<script|<img|@import|url\(|https?:/i)
    expect(PAGE).not.toMatch(/<[^>]* on[a-z]+=/i)
    expect([...PAGE.matchAll(/(?:href|src)="([^"]*)"/g)].every(([, link]) => /^(#|data:,$)/.test(link))).toBe(true)
  })

  it('has the text of results escaped', () => {
    const escaped = 'a &lt;b onclick=&quot;x()&quot;&gt;|cell|&lt;/b&gt; &amp; &#39;more&#39; &lt;/script&gt;'
    expect(PAGE).toContain(escaped)
    expect(PAGE).not.toContain(HOSTILE)
  })

  it('names every drawing, once', () => {
    const ids = [...PAGE.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const named = [...PAGE.matchAll(/<svg [^>]*aria-labelledby="([^"]*) ([^"]*)"/g)]
    expect(named).toHaveLength(PAGE.split('<svg ').length - 1)
    expect(named.length).toBeGreaterThan(40)
    expect(named.flatMap(([, title, description]) => [title, description]).every((id) => ids.includes(id))).toBe(true)
  })

  it('compares the last result with the one before it', () => {
    expect(PAGE).toContain('6e62664a90d1, 2026-11-22 16:39 UTC against unknown commit, 2026-11-22 16:39 UTC')
    expect(htmlPage([ONE])).not.toContain(' against ')
  })

  it('is made of results in which little was measured', () => {
    const [suite] = ONE.suites
    const [one] = suite.cases
    const missed = { engine: 'volley', status: 'failed', reason: 'broke' } as const
    const withCases = (cases: typeof suite.cases): Results => ({ ...ONE, suites: [{ ...suite, cases }] })
    expect(htmlPage([{ ...ONE, suites: [] }])).toContain('volley benchmark')
    expect(htmlPage([withCases([])])).toContain('No case was measured.')
    expect(htmlPage([withCases([])])).toContain('No case has a time of another engine.')
    expect(htmlPage([withCases([{ ...one, outcomes: [missed] }])])).toContain('volley failed in q1, medium: broke')
    const nothing = { ...one.outcomes[0], milliseconds: [0, 0] }
    for (const axis of [null, { name: 'rows', value: 10 }, { name: 'threads', value: 1 }] as const) {
      const outcomes = [nothing, { ...nothing, engine: 'duckdb' }, { ...missed, engine: 'polars' }]
      const page = htmlPage([withCases([{ ...one, axis, outcomes }])])
      expect(page).toContain('polars failed')
      expect(page).not.toMatch(/NaN|Infinity|undefined/)
    }
    expect(htmlPage([withCases([{ ...one, axis: { name: 'rows', value: 10 }, outcomes: [missed] }])])).toContain(
      'broke',
    )
  })
})

describe('places of labels', () => {
  it('are apart, in order and within bounds', () => {
    expect(spreadOut([50, 52, 10], 14, 0, 100)).toEqual([50, 64, 10])
    expect(spreadOut([99, 98, 97], 14, 0, 100)).toEqual([100, 86, 72])
  })

  it('hold no more text than fits', () => {
    const cut = fitting('a name that is much too long', 80)
    expect(cut).toMatch(/^a name.*…$/)
    expect(textWidth(cut)).toBeLessThanOrEqual(80)
    expect(fitting('short', 80)).toBe('short')
    // A label's own width, after it was added to a margin that is taken away again.
    for (const label of ['groupby', 'strategies', 'volley bulk, 384 MB']) {
      expect(fitting(label, textWidth(label) + 14 - 14)).toBe(label)
    }
  })
})

describe('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    if (PATH !== null) browser = await openBrowser(PATH)
  })
  afterAll(() => browser?.close())

  /** Shows a page with all details open, and returns what the browser complained of. */
  async function shown(content: string, width: number, scheme: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      if (!/^(data|about):/.test(request.url())) complaints.push(`asked for ${request.url()}`)
    })
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    await page.setViewport({ width, height: 900 })
    await page.setContent(content)
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true
    })
    return { page, complaints }
  }

  for (const [width, scheme, background] of [
    [400, 'dark', 'rgb(17, 22, 28)'],
    [1400, 'light', 'rgb(255, 255, 255)'],
  ] as const) {
    inBrowser(`fits ${width} pixels, in the ${scheme} scheme${without}`, async () => {
      const { page, complaints } = await shown(PAGE, width, scheme)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      expect(await page.evaluate(wideElements)).toEqual([])
      expect(await page.evaluate(clashes)).toEqual([])
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(background)
      expect(complaints).toEqual([])
      await page.close()
    })
  }

  inBrowser(`has every number and every text of the documents${without}`, async () => {
    const { page } = await shown(PAGE, 1400, 'light')
    const text = (await page.evaluate(texts)).join('\n')
    const shownWords = new Set(text.split(/[^0-9a-z.+-]+/i).map((word) => word.replace(/\.$/, '')))
    const { numbers, words } = leaves([OLD, ONE])
    expect(numbers.length).toBeGreaterThan(5000)
    expect(numbers.filter((number) => !shownWords.has(exactText(number)))).toEqual([])
    // That an engine is done, its numbers say.
    expect([...new Set(words)].filter((one) => one !== 'done').filter((one) => !text.includes(one))).toEqual([])
    await page.close()
  })
})

/** Numbers and texts of documents. */
function leaves(value: unknown): { numbers: number[]; words: string[] } {
  if (typeof value === 'number') return { numbers: [value], words: [] }
  if (typeof value === 'string') return { numbers: [], words: [value] }
  if (typeof value !== 'object' || value === null) return { numbers: [], words: [] }
  const found = Object.values(value).map(leaves)
  return { numbers: found.flatMap(({ numbers }) => numbers), words: found.flatMap(({ words }) => words) }
}

/** Runs in the page: what can be read, piece by piece. */
function texts(): string[] {
  const found: string[] = []
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (nodes.nextNode() !== null) found.push(nodes.currentNode.textContent ?? '')
  return found
}

/** Runs in the page: what is wider than the window, but for what lies in a region that scrolls. */
function wideElements(): string[] {
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.closest('.scrolls') === null || element.classList.contains('scrolls'))
    .filter((element) => {
      const { left, right } = element.getBoundingClientRect()
      return left < -0.5 || right > document.documentElement.clientWidth + 0.5
    })
    .map((element) => `${element.tagName} ${element.textContent}`)
}

/** Runs in the page: texts of drawings that lie over each other or reach out of their drawing. */
function clashes(): string[] {
  const found: string[] = []
  for (const drawing of document.querySelectorAll('svg')) {
    const frame = drawing.getBoundingClientRect()
    const boxes = [...drawing.querySelectorAll('text')].map((element) => ({
      text: element.textContent,
      box: element.getBoundingClientRect(),
    }))
    for (const [i, { text, box }] of boxes.entries()) {
      const out = box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1
      if (out || box.top < frame.top - 1) found.push(`${drawing.id} ${text} reaches out`)
      for (const other of boxes.slice(i + 1)) {
        const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
        const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
        // Boxes have room above and below the letters, which may be shared.
        if (wide > 0.5 && high > 3) found.push(`${text} over ${other.text} in ${drawing.textContent.slice(0, 40)}`)
      }
    }
  }
  return found
}
