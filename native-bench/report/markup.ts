/** HTML and SVG whose text is escaped unless it was made here. */

/** Well-formed markup. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = string | number | Markup | null | readonly (string | Markup)[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template: what is put in is escaped, unless it is markup; lists are joined, and null is nothing. */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + written(contents[i - 1]) + string))
}

function written(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'object') return content.map(written).join('')
  return String(content).replaceAll(/[&<>"']/g, (character) => ENTITIES[character])
}
