/** From values to places along an axis. */

export interface Scale {
  readonly at: (value: number) => number
  /** Round values within the domain, far enough apart that their labels have room. */
  readonly ticks: readonly number[]
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** Steps of logarithmic axes, finest first: factors within a power of the base. */
const LOG_STEPS: readonly { readonly base: number; readonly factors: readonly number[] }[] = [
  { base: 10, factors: [1, 2, 5] },
  { base: 10, factors: [1, 3] },
  { base: 10, factors: [1] },
  { base: 100, factors: [1] },
  { base: 1000, factors: [1] },
]
const LINEAR_STEPS = [1, 2, 5] as const

/** `domain` above 0. Ticks are at least `apart` places from each other. */
export function logScale(domain: Span, range: Span, apart: number): Scale {
  const [low, high] = [Math.log10(domain.from), Math.log10(domain.to)]
  const at = (value: number) => range.from + ((Math.log10(value) - low) / (high - low || 1)) * (range.to - range.from)
  for (const { base, factors } of LOG_STEPS) {
    const power = Math.log10(base)
    const [first, last] = [Math.floor(low / power), Math.ceil(high / power)]
    const all = Array.from({ length: last - first + 1 }, (_, i) => base ** (first + i))
    const ticks = all.flatMap((one) => factors.map((factor) => one * factor)).filter(isWithin(domain))
    if (ticks.every((tick, i) => i === 0 || Math.abs(at(tick) - at(ticks[i - 1])) >= apart)) return { at, ticks }
  }
  return { at, ticks: [domain.from, domain.to] }
}

/** Ticks are at least `apart` places from each other. */
export function linearScale(domain: Span, range: Span, apart: number): Scale {
  const at = (value: number) =>
    range.from + ((value - domain.from) / (domain.to - domain.from || 1)) * (range.to - range.from)
  const least = (apart / Math.abs(range.to - range.from)) * (domain.to - domain.from || 1)
  const power = 10 ** Math.floor(Math.log10(least))
  const step = power * (LINEAR_STEPS.find((factor) => factor * power >= least) ?? 10)
  const first = Math.ceil(domain.from / step)
  const count = Math.max(0, Math.floor(domain.to / step) - first) + 1
  return { at, ticks: Array.from({ length: count }, (_, i) => (first + i) * step) }
}

/** Allows for what rounding does to powers. */
function isWithin({ from, to }: Span): (value: number) => boolean {
  return (value) => value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9)
}
