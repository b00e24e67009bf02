/** Parses JSON without rounding integers: those that a double cannot hold exactly become bigints. */

/** Where there are no 16 digits in a row, `JSON.parse` is exact, and many times faster. */
const LONG_NUMBER = /\d{16}/

/** Throws a SyntaxError, as `JSON.parse` does. */
export function parseExactJson(text: string): unknown {
  // JSON.parse first in any case: it finds all errors, so that what follows need not.
  const parsed: unknown = JSON.parse(text)
  return LONG_NUMBER.test(text) ? new ExactParser(text).value() : parsed
}

/** Strings, numbers, and the characters between; the text is known to be well-formed. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:]/g

class ExactParser {
  private readonly tokens: RegExpStringIterator<RegExpExecArray>
  private token: string

  constructor(text: string) {
    this.tokens = text.matchAll(TOKEN)
    this.token = this.advance()
  }

  value(): unknown {
    const token = this.token
    this.advance()
    switch (token[0]) {
      case '{':
        return this.object()
      case '[':
        return this.array()
      case '"':
        return JSON.parse(token)
      case 't':
        return true
      case 'f':
        return false
      case 'n':
        return null
      default:
        return exactNumber(token)
    }
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    while (this.token !== '}') {
      const name = JSON.parse(this.token) as string
      this.advance()
      this.advance()
      // As JSON.parse does, make even `__proto__` a plain property.
      Object.defineProperty(result, name, { value: this.value(), enumerable: true, writable: true, configurable: true })
      if (this.token === ',') this.advance()
    }
    this.advance()
    return result
  }

  private array(): unknown[] {
    const result: unknown[] = []
    while (this.token !== ']') {
      result.push(this.value())
      if (this.token === ',') this.advance()
    }
    this.advance()
    return result
  }

  private advance(): string {
    const step = this.tokens.next()
    this.token = step.done ? '' : step.value[0]
    return this.token
  }
}

function exactNumber(token: string): number | bigint {
  const value = Number(token)
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(token) ? value : BigInt(token)
}
