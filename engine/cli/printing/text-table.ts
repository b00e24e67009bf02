/** Lays text out in aligned columns. */

export interface TextColumn {
  readonly title: string
  readonly align: 'left' | 'right'
}

const GAP = '  '

/** Lines: the titles, a rule, the rows. Cells wider than `widest` are cut and end in `…`. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[], widest = 60): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) => row.map((cell) => shorten(cell, widest)))
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => displayWidth(row[i]))))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const padding = ' '.repeat(widths[i] - displayWidth(cell))
        return columns[i].align === 'right' ? padding + cell : cell + padding
      })
      .join(GAP)
      .trimEnd()
  const [titles, ...body] = cells
  return [line(titles), widths.map((width) => '─'.repeat(width)).join(GAP), ...body.map(line), ''].join('\n')
}

function shorten(cell: string, widest: number): string {
  return cutToWidth(
    cell.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1)),
    widest,
  )
}

/** The text, or its beginning and `…`, in at most `widest` cells. */
export function cutToWidth(text: string, widest: number): string {
  if (displayWidth(text) <= widest) return text
  let result = ''
  let width = 0
  for (const character of text) {
    width += characterWidth(character)
    if (width > widest - 1) break
    result += character
  }
  return `${result}…`
}

/** Terminal cells that a text takes. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** Combining marks take no cell; East Asian wide characters and emoji take two. */
function characterWidth(character: string): number {
  if (character <= '\u02ff') return 1
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1
}
