/** Text with `${column}` in it. `$${` stands for a `${` that is meant as text. */

import { invalid } from '../../arguments.js'
import type { Expression } from '../../expression.js'
import { UTF8 } from '../../types.js'

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'column'; readonly name: string }

export function isTemplate(text: string): boolean {
  return text.includes('${')
}

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT where a column is not closed or has no name. */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let text = ''
  for (let at = 0; at < template.length; ) {
    if (template.startsWith('$${', at)) {
      text += '${'
      at += 3
    } else if (template.startsWith('${', at)) {
      const end = template.indexOf('}', at)
      const name = template.slice(at + 2, end).trim()
      if (end < 0 || name === '') {
        const fault = end < 0 ? `has a \${ without a }` : `has a \${} without a column`
        throw invalid(`the template ${JSON.stringify(template)} ${fault}; write $\${ for text`)
      }
      if (text !== '') parts.push({ kind: 'text', text })
      parts.push({ kind: 'column', name })
      text = ''
      at = end + 1
    } else text += template[at++]
  }
  if (text !== '') parts.push({ kind: 'text', text })
  return parts
}

/** The text, where a null leaves nothing. */
export function templateExpression(template: string): Expression {
  const parts = parseTemplate(template).map(
    (part): Expression =>
      part.kind === 'column' ? { kind: 'column', name: part.name } : { kind: 'literal', value: part.text, type: UTF8 },
  )
  const none: Expression = { kind: 'literal', value: '', type: UTF8 }
  return { kind: 'call', function: 'concat', arguments: parts.length === 0 ? [none, none] : [none, ...parts] }
}
