/** References of order and search in text and bytes. */

/** Negative, zero or positive as `a` is before, equal to or after `b` in the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return byCodePoint(x) - byCodePoint(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others, but lie below U+E000 to U+FFFF. */
function byCodePoint(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}
