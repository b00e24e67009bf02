/** Milliseconds that a server asks to be left alone, by `Retry-After` (RFC 9110, section 10.2.3); null if it does not say. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null
  const text = header.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Only dates have letters: of other numbers, Date.parse would make years.
  const time = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? null : Math.max(0, time - now)
}
