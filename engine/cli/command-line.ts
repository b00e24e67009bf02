/** Turns the words of a command line into a request, or says what is wrong with them. Reads no files, starts nothing. */

import { parseArgs } from 'node:util'
import { nearestName, unreachable } from '../../planner/errors.js'
import { parseDuration } from '../../planner/quantities.js'
import { commandHelp, generalHelp } from './help.js'
import { type SortArgument, splitAssignments, splitNames, splitSortKeys } from './lists.js'
import {
  COMMANDS,
  COMPRESSIONS,
  type CommandName,
  type CommandSpec,
  isCommand,
  PIPELINE_MODES,
  PLAN_FORMATS,
  PLAN_ORDERS,
  PROGRESS_FORMATS,
  ROW_FORMATS,
  STRATEGIES,
} from './options.js'
import { UsageError } from './usage-error.js'

export interface RunArguments {
  readonly strategy: (typeof STRATEGIES)[number]
  readonly memoryLimit: string | undefined
  readonly threads: number | undefined
  readonly json: boolean
  /** The file for records that cannot be processed; null if the first of them fails the run. */
  readonly rejects: string | null
  readonly maxRejects: number | undefined
  readonly retries: number | undefined
  readonly progress: ProgressWish
}

/** Whether progress is shown, or as JSON. Undefined: only if standard error is a terminal. */
export type ProgressWish = boolean | (typeof PROGRESS_FORMATS)[number] | undefined

export interface OutputArguments {
  readonly compression: (typeof COMPRESSIONS)[number] | undefined
  readonly rowGroupSize: number | undefined
  readonly partitionBy: readonly string[]
  readonly overwrite: boolean
}

/** A `--where` or a `--with`: they apply in the order in which they were written. */
export type RowStep =
  | { readonly kind: 'where'; readonly predicate: string }
  | { readonly kind: 'with'; readonly name: string; readonly expression: string }

export interface TransformArguments {
  readonly inputs: readonly string[]
  /** Null only where a plan is explained. */
  readonly output: string | null
  readonly steps: readonly RowStep[]
  readonly renames: readonly (readonly [string, string])[]
  readonly drops: readonly string[]
  readonly groupBy: string | null
  readonly aggregates: readonly (readonly [string, string])[]
  readonly select: string | null
  readonly sort: readonly SortArgument[]
  readonly limit: number | null
}

export interface SqlArguments {
  readonly query: string
  readonly output: string | null
  readonly format: (typeof ROW_FORMATS)[number]
  readonly maxRows: number
}

export type Request =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'transform' | 'explain'
      readonly transform: TransformArguments
      readonly output: OutputArguments
      readonly run: RunArguments
    }
  | { readonly kind: 'inspect'; readonly file: string; readonly json: boolean }
  | { readonly kind: 'sql'; readonly sql: SqlArguments; readonly output: OutputArguments; readonly run: RunArguments }
  | {
      readonly kind: 'run'
      readonly pipeline: PipelineArguments
      /** Null: the pipeline's own. */
      readonly mode: (typeof PIPELINE_MODES)[number] | null
      readonly checkpoint: string | null
      readonly checkpointEvery: CheckpointInterval
      readonly resume: boolean
      /** Dead letters that enter the pipeline again. */
      readonly reprocess: string | null
      /** File of the parameters of several runs. */
      readonly paramSets: string | null
      /** Of these, at once. */
      readonly maxConcurrent: number
      readonly run: RunArguments
    }
  | {
      readonly kind: 'plan'
      readonly pipeline: PipelineArguments
      readonly format: (typeof PLAN_FORMATS)[number]
      readonly order: (typeof PLAN_ORDERS)[number]
    }
  | { readonly kind: 'bench'; readonly words: readonly string[] }
  | { readonly kind: 'validate'; readonly pipeline: PipelineArguments; readonly json: boolean }

/** Empty: the default. */
export interface CheckpointInterval {
  readonly batches?: number
  readonly milliseconds?: number
}

export interface PipelineArguments {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}

const DEFAULT_TABLE_ROWS = 40

/** Throws UsageError. `words` are those after the program's name. */
export function parseCommandLine(words: readonly string[]): Request {
  const [first, ...rest] = words
  if (first === undefined) throw new UsageError('no command given', 'See "volley --help".')
  if (first === '--help' || first === '-h' || first === 'help') return helpRequest(rest[0])
  if (first === '--version' || first === '-v') return { kind: 'version' }
  if (!isCommand(first)) throw unknownCommand(first)
  const command = COMMANDS[first]
  if (rest.some((word, i) => (word === '--help' || word === '-h') && !rest.slice(0, i).includes('--'))) {
    return { kind: 'help', text: commandHelp(command) }
  }
  // The benchmark reads its words itself.
  return first === 'bench' ? { kind: 'bench', words: rest } : requestOf(first, readWords(command, rest))
}

function helpRequest(topic: string | undefined): Request {
  if (topic === undefined) return { kind: 'help', text: generalHelp() }
  if (!isCommand(topic)) throw unknownCommand(topic)
  return { kind: 'help', text: commandHelp(COMMANDS[topic]) }
}

function unknownCommand(name: string): UsageError {
  const near = nearestName(name, Object.keys(COMMANDS))
  const what = name.startsWith('-') ? `unknown option ${name}` : `unknown command ${JSON.stringify(name)}`
  return new UsageError(what, near === null ? 'See "volley --help".' : `Did you mean "volley ${near}"?`)
}

function requestOf(name: Exclude<CommandName, 'bench'>, words: Words): Request {
  switch (name) {
    case 'transform':
    case 'explain':
      return {
        kind: name,
        transform: transformArguments(words, name === 'transform'),
        output: outputArguments(words),
        run: runArguments(words),
      }
    case 'inspect':
      if (words.positionals.length !== 1) throw words.wrong(`takes one file, got ${words.positionals.length}`)
      return { kind: 'inspect', file: words.positionals[0], json: words.flag('json') === true }
    case 'sql':
      return {
        kind: 'sql',
        sql: sqlArguments(words),
        output: outputArguments(words),
        run: runArguments(words),
      }
    case 'run':
      return runRequest(words)
    case 'plan':
      return {
        kind: 'plan',
        pipeline: pipelineArguments(words),
        format: words.flag('json') === true ? 'json' : (words.choice('format', PLAN_FORMATS) ?? 'text'),
        order: words.choice('order', PLAN_ORDERS) ?? 'batch',
      }
    case 'validate':
      return { kind: 'validate', pipeline: pipelineArguments(words), json: words.flag('json') === true }
    default:
      return unreachable(name)
  }
}

function runRequest(words: Words): Request {
  const checkpoint = words.list('checkpoint').at(-1) ?? null
  const resume = words.flag('resume') === true
  if (resume && checkpoint === null) throw words.wrong('--resume needs the job to go on with: --checkpoint ID')
  const reprocess = words.list('reprocess').at(-1) ?? null
  const paramSets = words.list('param-sets').at(-1) ?? null
  if (checkpoint !== null && reprocess !== null) throw words.wrong('--reprocess keeps no checkpoint')
  if (paramSets !== null && (checkpoint !== null || reprocess !== null)) {
    throw words.wrong('--param-sets takes neither --checkpoint nor --reprocess')
  }
  const maxConcurrent = words.integer('max-concurrent', 1)
  if (maxConcurrent !== undefined && paramSets === null) throw words.wrong('--max-concurrent is for --param-sets FILE')
  return {
    kind: 'run',
    pipeline: pipelineArguments(words),
    mode: words.choice('mode', PIPELINE_MODES) ?? null,
    checkpoint,
    checkpointEvery: checkpointInterval(words, checkpoint),
    resume,
    reprocess,
    paramSets,
    maxConcurrent: maxConcurrent ?? 1,
    run: runArguments(words),
  }
}

function checkpointInterval(words: Words, checkpoint: string | null): CheckpointInterval {
  const text = words.list('checkpoint-every').at(-1)
  if (text === undefined) return {}
  if (checkpoint === null) throw words.wrong('--checkpoint-every needs the name of the job: --checkpoint ID')
  const milliseconds = Math.round(parseDuration(text))
  if (milliseconds >= 1) return { milliseconds }
  const batches = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(batches) && batches >= 1) return { batches }
  throw words.wrong(
    `--checkpoint-every takes a number of batches or a time such as 500ms or 30s, not ${JSON.stringify(text)}`,
  )
}

function pipelineArguments(words: Words): PipelineArguments {
  const { positionals } = words
  if (positionals.length !== 1) throw words.wrong(`takes one pipeline, got ${positionals.length}`)
  const params = words.list('param').map((text): [string, string] => {
    const equals = text.indexOf('=')
    if (equals <= 0) throw words.wrong(`--param takes K=V, not ${JSON.stringify(text)}`)
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  return { path: positionals[0], params: Object.fromEntries(params) }
}

function transformArguments(words: Words, outputRequired: boolean): TransformArguments {
  const { positionals } = words
  if (positionals.length < (outputRequired ? 2 : 1)) {
    throw words.wrong(outputRequired ? 'takes at least one input and an output' : 'takes at least one input')
  }
  const aggregates = words.list('agg').flatMap((text) => splitAssignments(text, 'agg', 'NAME=E'))
  const groupBy = words.joined('group-by')
  if (groupBy !== null && aggregates.length === 0) {
    throw words.wrong('--group-by needs at least one --agg', "For example: --agg 'n=count(*)'")
  }
  const hasOutput = positionals.length > 1
  return {
    inputs: hasOutput ? positionals.slice(0, -1) : positionals,
    output: hasOutput ? positionals[positionals.length - 1] : null,
    steps: words.ordered.flatMap(rowSteps),
    renames: words.list('rename').flatMap((text) => splitAssignments(text, 'rename', 'OLD=NEW')),
    drops: words.list('drop').flatMap((text) => splitNames(text, 'drop')),
    groupBy,
    aggregates,
    select: words.joined('select'),
    sort: words.list('sort').flatMap(splitSortKeys),
    limit: words.integer('limit', 0) ?? null,
  }
}

function rowSteps(option: { readonly name: string; readonly value: string }): RowStep[] {
  if (option.name === 'where') return [{ kind: 'where', predicate: option.value }]
  if (option.name !== 'with') return []
  return splitAssignments(option.value, 'with', 'NAME=E').map(([name, expression]) => ({
    kind: 'with',
    name,
    expression,
  }))
}

function sqlArguments(words: Words): SqlArguments {
  const [query, output, ...more] = words.positionals
  if (query === undefined) throw words.wrong('takes a query')
  if (more.length > 0) throw words.wrong('takes a query and at most one output', 'Put the query in quotes.')
  return {
    query,
    output: output ?? null,
    format: words.choice('format', ROW_FORMATS) ?? 'table',
    maxRows: words.integer('max-rows', 0) ?? DEFAULT_TABLE_ROWS,
  }
}

function outputArguments(words: Words): OutputArguments {
  return {
    compression: words.choice('compression', COMPRESSIONS),
    rowGroupSize: words.integer('row-group-size', 1),
    partitionBy: words.list('partition-by').flatMap((text) => splitNames(text, 'partition-by')),
    overwrite: words.flag('overwrite') === true,
  }
}

function runArguments(words: Words): RunArguments {
  const rejects = words.list('rejects').at(-1) ?? null
  const maxRejects = words.integer('max-rejects', 0)
  if (maxRejects !== undefined && rejects === null) {
    throw words.wrong('--max-rejects needs a file for the records that are rejected: --rejects FILE')
  }
  return {
    strategy: words.choice('strategy', STRATEGIES) ?? 'auto',
    memoryLimit: words.list('memory-limit').at(-1),
    threads: words.integer('threads', 1),
    rejects,
    maxRejects,
    retries: words.integer('retries', 0),
    json: words.flag('json') === true,
    progress: words.setting('progress', PROGRESS_FORMATS),
  }
}

/** What was written, by option. */
class Words {
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

function readWords(command: CommandSpec, words: readonly string[]): Words {
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
