/**
 * Case mapping by code point, as DuckDB has it (utf8proc, Unicode 15): one code point becomes one code point.
 *
 * JavaScript knows the same mappings, but also mappings to several code points, which are left out here unless there
 * is a form of one, and letters of later versions of Unicode.
 */

/** Letters that got another case after Unicode 15, as first and last code points. */
const LATER_LETTERS: readonly (readonly [number, number])[] = [
  [0x19b, 0x19b],
  [0x264, 0x264],
  [0x1c89, 0x1c8a],
  [0xa7cb, 0xa7cf],
  [0xa7d2, 0xa7d5],
  [0xa7da, 0xa7dc],
  [0x10d50, 0x10d85],
  [0x16ea0, 0x16ed3],
]

export function lowerCodePoint(code: number): number {
  // Capital I with a dot above: lower case keeps the dot as a second code point.
  if (code === 0x130) return 0x69
  return single(code, String.fromCodePoint(code).toLowerCase())
}

export function upperCodePoint(code: number): number {
  if (code === 0xdf) return 0x1e9e
  const greek = greekTitle(code)
  return greek !== 0 ? greek : single(code, String.fromCodePoint(code).toUpperCase())
}

/** Greek vowels with iota below: in upper case the iota stands beside them, in title case there is one letter. */
function greekTitle(code: number): number {
  const row = code & ~0xf
  if ((row === 0x1f80 || row === 0x1f90 || row === 0x1fa0) && (code & 8) === 0) return code + 8
  return code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3 ? code + 9 : 0
}

function single(code: number, mapped: string): number {
  if (code >= 0x19b && LATER_LETTERS.some(([first, last]) => code >= first && code <= last)) return code
  const result = mapped.codePointAt(0)!
  return mapped.length === (result > 0xffff ? 2 : 1) ? result : code
}

const ASCII = /^[\0-\x7f]*$/

export function lower(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : mapCodePoints(text, lowerCodePoint)
}

export function upper(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapCodePoints(text, upperCodePoint)
}

function mapCodePoints(text: string, map: (code: number) => number): string {
  let result = ''
  for (const character of text) result += String.fromCodePoint(map(character.codePointAt(0)!))
  return result
}

/** Made when it is first needed: that takes some milliseconds, in each thread. */
let segmenter: Intl.Segmenter | null = null

/** Reverses what a reader sees as characters: letters keep their accents. In ASCII text, bytes. */
export function reverse(text: string): string {
  if (ASCII.test(text)) return [...text].reverse().join('')
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
    .reverse()
    .join('')
}
