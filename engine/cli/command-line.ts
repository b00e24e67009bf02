/** Turns the words of a command line into a request, or says what is wrong with them. Reads no files, starts nothing. */

import { nearestName, unreachable } from '../../planner/errors.js'
import { commandHelp, generalHelp } from './command-line/help.js'
import { COMMANDS, type CommandName, isCommand, PLAN_FORMATS, PLAN_ORDERS } from './command-line/options.js'
import { pipelineArguments, runRequest } from './command-line/pipeline-arguments.js'
import { sqlArguments, transformArguments } from './command-line/query-arguments.js'
import type { Request } from './command-line/request.js'
import { outputArguments, runArguments } from './command-line/run-arguments.js'
import { UsageError } from './command-line/usage-error.js'
import { readWords, type Words } from './command-line/words.js'

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
