/** A drawing with its caption. */

import { type Markup, markup } from './markup.js'

export function figure(name: string, title: string, content: Markup): Markup {
  return markup`<figure><figcaption><b>${name}</b> ${title === name ? '' : title}</figcaption>${content}</figure>\n`
}
