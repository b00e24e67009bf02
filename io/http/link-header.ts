/** The `Link` header (RFC 8288, section 3). */

interface Link {
  readonly target: string
  readonly relations: readonly string[]
}

/** `<target>` and, up to the next comma outside of quotes, its parameters. */
const LINK = /<([^>]*)>((?:\s*;\s*[^;,="\s]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;]*))?)*)/g
const RELATION = /;\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))/i

function linksOf(header: string): readonly Link[] {
  return [...header.matchAll(LINK)].map(([, target, parameters]) => {
    const relation = RELATION.exec(parameters)
    const names = (relation?.[1] ?? relation?.[2] ?? '').toLowerCase()
    return { target, relations: names.split(/\s+/) }
  })
}

/** The target of the first link with the relation `next`, as it stands; null without one. */
export function nextLink(header: string | null): string | null {
  if (header === null) return null
  return linksOf(header).find(({ relations }) => relations.includes('next'))?.target ?? null
}
