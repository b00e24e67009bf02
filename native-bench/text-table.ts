/** Columns of text under their titles. */

/** Cells are aligned to the right, but for those of the columns in `leftAligned`. */
export function textTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  leftAligned: readonly number[],
): string {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (leftAligned.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
