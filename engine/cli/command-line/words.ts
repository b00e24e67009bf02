/** The words of a command as its options and the rest, in the order in which they were written. */

import { parseArgs } from 'node:util'
import { nearestName } from '../../../planner/errors.js'
import type { CommandSpec } from './options.js'
import { UsageError } from './usage-error.js'

/** What was written, by option. */
export class Words {
  constructor(
    private readonly command: CommandSpec,
    readonly positionals: readonly string[],
    /** Options with values, in the order written. */
    readonly ordered: readonly { readonly name: string; readonly value: string }[],
    private readonly flags: ReadonlyMap<string, boolean | string>,
  ) {}

  list(name: string): string[] {
    return this.ordered.filter((option) => option.name === name).map((option) => option.value)
  }

  /** The lists of all uses as one, or null without any. */
  joined(name: string): string | null {
    const lists = this.list(name)
    return lists.length === 0 ? null : lists.join(', ')
  }

  flag(name: string): boolean | undefined {
    const flag = this.flags.get(name)
    return flag === undefined ? undefined : flag !== false
  }

  /** A switch, or what it is set to. */
  setting<T extends string>(name: string, settings: readonly T[]): boolean | T | undefined {
    const flag = this.flags.get(name)
    return typeof flag === 'string' ? settings.find((setting) => setting === flag) : flag
  }

  integer(name: string, least: number): number | undefined {
    const text = this.list(name).at(-1)
    if (text === undefined) return undefined
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value) || value < least) {
      throw this.wrong(`--${name} takes a whole number from ${least} up, not ${JSON.stringify(text)}`)
    }
    return value
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.list(name).at(-1)
    if (text === undefined) return undefined
    const chosen = choices.find((choice) => choice === text)
    if (chosen === undefined) {
      throw this.wrong(`--${name} takes one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
    }
    return chosen
  }

  wrong(message: string, hint?: string): UsageError {
    return new UsageError(message, hint ?? `See "volley ${this.command.name} --help".`)
  }
}

/** Throws UsageError for options that the command does not have, and for values that are missing or too many. */
export function readWords(command: CommandSpec, words: readonly string[]): Words {
  const options = Object.fromEntries(
    command.options.map((option) => [
      option.name,
      {
        type: option.value === null ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  )
  const { tokens, positionals } = parseArgs({
    args: spreadAggregates(words),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const ordered: { name: string; value: string }[] = []
  const flags = new Map<string, boolean | string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const negated = token.name === 'no-progress' && command.options.some((known) => known.name === 'progress')
    const option = command.options.find((known) => known.name === (negated ? 'progress' : token.name))
    if (option === undefined) throw unknownOption(command, token.rawName)
    const written = token.rawName
    if (option.value === null) {
      const { settings = [] } = option
      if (token.value !== undefined && (negated || settings.length === 0)) {
        throw new UsageError(`${written} takes no value`)
      }
      if (token.value !== undefined && !settings.includes(token.value)) {
        throw new UsageError(`${written} may be set to ${settings.join(', ')}, not ${JSON.stringify(token.value)}`)
      }
      flags.set(option.name, token.value ?? !negated)
    } else {
      // The parser would take the next option for the value of one that has none.
      if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
        throw new UsageError(`${written} takes a value: ${option.value}`)
      }
      if (!option.multiple && ordered.some((earlier) => earlier.name === option.name)) {
        throw new UsageError(`${written} is given twice`)
      }
      ordered.push({ name: option.name, value: token.value })
    }
  }
  return new Words(command, positionals, ordered, flags)
}

/** Allows `--agg a=sum(x) b=count(*)`: an assignment of a call right after an aggregate is another aggregate. */
function spreadAggregates(words: readonly string[]): string[] {
  const result: string[] = []
  let afterAggregate = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--') return [...result, ...words.slice(i)]
    if (word === '--agg' && i + 1 < words.length) {
      result.push(word, words[++i])
      afterAggregate = true
    } else if (afterAggregate && /^("[^"]+"|[A-Za-z_]\w*)=.*\(/s.test(word)) result.push('--agg', word)
    else {
      result.push(word)
      afterAggregate = word.startsWith('--agg=')
    }
  }
  return result
}

function unknownOption(command: CommandSpec, written: string): UsageError {
  const names = command.options.map((option) => option.name)
  const near = written.startsWith('--') ? nearestName(written.slice(2), names) : null
  return new UsageError(
    `unknown option ${written}`,
    near === null ? `See "volley ${command.name} --help".` : `Did you mean --${near}?`,
  )
}
