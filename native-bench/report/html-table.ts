/** Tables of a page. */

import { type Content, type Markup, markup } from './markup.js'

export interface HtmlTable {
  /** Says what is in it, also to those who cannot see it. */
  readonly caption: string
  readonly titles: readonly string[]
  readonly rows: readonly (readonly Exclude<Content, null>[])[]
  /** Columns of words; the others hold numbers. */
  readonly words: readonly number[]
}

/** In a region of its own that scrolls if the window is too narrow. */
export function htmlTable({ caption, titles, rows, words }: HtmlTable): Markup {
  const kind = (i: number) => (words.includes(i) ? 'words' : 'numbers')
  return markup`<div class="scrolls" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${titles.map((title, i) => markup`<th scope="col" class="${kind(i)}">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${row.map((cell, i) => markup`<td class="${kind(i)}">${cell}</td>`)}</tr>\n`)}</tbody></table></div>`
}

/** What is shown when asked for. */
export function details(summary: string, content: Content): Markup {
  return markup`<details><summary>${summary}</summary>${content}</details>\n`
}
