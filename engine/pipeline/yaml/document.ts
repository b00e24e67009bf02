/** A YAML file as plain data, with the place of everything in it. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { readError } from '../../../io/file-errors.js'
import type { Problem } from '../../../planner/pipeline/shape/shape.js'

/** Loaded with the first file, as few programs read any. */
let library: typeof Yaml | null = null

function yaml(): typeof Yaml {
  library ??= createRequire(import.meta.url)('yaml') as typeof Yaml
  return library
}

/** What the library says in words of its grammar. */
const SAID: Readonly<Partial<Record<Yaml.ErrorCode, string>>> = {
  BLOCK_AS_IMPLICIT_KEY:
    "there is a ':' within the value: indent the next line like this one, or put a text with ': ' in it in quotes",
}

/** A value with a ':' in it is told as two errors at one place. */
function toldErrors(errors: readonly Yaml.YAMLParseError[]): readonly Yaml.YAMLParseError[] {
  const isTwice = ({ code, pos }: Yaml.YAMLParseError) =>
    code === 'MULTILINE_IMPLICIT_KEY' &&
    errors.some((other) => other.code === 'BLOCK_AS_IMPLICIT_KEY' && other.pos[0] === pos[0])
  return errors.filter((error) => !isTwice(error))
}

export interface Place {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface PlacedProblem extends Place {
  readonly message: string
  readonly expected: string | null
}

export class YamlDocument {
  private constructor(
    readonly file: string,
    private readonly document: Yaml.Document.Parsed,
    private readonly lines: Yaml.LineCounter,
    /** What is wrong with the YAML itself; there is no value then. */
    readonly problems: readonly PlacedProblem[],
    readonly value: unknown,
  ) {}

  /** @throws VolleyError VOLLEY_FILE_NOT_FOUND, VOLLEY_IO */
  static read(file: string): YamlDocument {
    try {
      return YamlDocument.parse(file, readFileSync(file, 'utf8'))
    } catch (error) {
      throw readError(file, error)
    }
  }

  static parse(file: string, text: string): YamlDocument {
    const { LineCounter, parseDocument } = yaml()
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
    const problems = [
      ...toldErrors(document.errors).map(({ code, message, pos }) =>
        placed(file, lines, pos[0], `YAML: ${SAID[code] ?? message}`, null),
      ),
      ...unquoted(document, file, lines),
    ]
    return new YamlDocument(file, document, lines, problems, problems.length > 0 ? null : document.toJS())
  }

  /** The place of what a path names or, if that lacks, of what should have it. */
  locate({ path, atKey }: Pick<Problem, 'path' | 'atKey'>): Place {
    const { isNode, isMap } = yaml()
    for (let length = path.length; length >= 0; length--) {
      const part = path.slice(0, length)
      if (atKey && length === path.length && length > 0) {
        const parent: unknown = this.document.getIn(part.slice(0, -1), true)
        const pair = isMap(parent) ? parent.items.find(({ key }) => isNode(key) && keyText(key) === part.at(-1)) : null
        if (pair && isNode(pair.key)) return this.at(pair.key)
      }
      const node: unknown = length === 0 ? this.document.contents : this.document.getIn(part, true)
      if (isNode(node)) return this.at(node)
    }
    return { file: this.file, line: 1, column: 1 }
  }

  private at(node: Yaml.Node): Place {
    const { line, col } = this.lines.linePos(node.range?.[0] ?? 0)
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) }
  }
}

function keyText(key: Yaml.Node): unknown {
  return yaml().isScalar(key) ? String(key.value) : undefined
}

function placed(
  file: string,
  lines: Yaml.LineCounter,
  offset: number,
  message: string,
  expected: string | null,
): PlacedProblem {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(1, line), column: Math.max(1, col), message, expected }
}

/** `{{ name }}` without quotes is a mapping to YAML, which is hard to see. */
function unquoted(document: Yaml.Document.Parsed, file: string, lines: Yaml.LineCounter): readonly PlacedProblem[] {
  const { isCollection, visit } = yaml()
  const problems: PlacedProblem[] = []
  visit(document, {
    Pair: (_, { key }) => {
      if (!isCollection(key)) return undefined
      const message = "'{{' starts a mapping in YAML: put the text in quotes"
      problems.push(placed(file, lines, key.range?.[0] ?? 0, message, '"{{ name }}"'))
      return undefined
    },
  })
  return problems
}
