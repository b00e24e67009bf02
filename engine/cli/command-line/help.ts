/** Renders help from the declared options. */

import { COMMANDS, type CommandSpec, type OptionSpec } from './options.js'

export function generalHelp(): string {
  const commands = Object.values(COMMANDS)
  const width = Math.max(...commands.map((command) => command.name.length))
  return [
    'volley: columnar work on Parquet, Arrow, CSV and NDJSON files',
    '',
    'Usage: volley COMMAND [arguments] [options]',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'Options:',
    '  -h, --help     Show help; after a command, its help',
    '  -v, --version  Show the version',
    '',
    'Exit codes: 0 done, 1 the run failed, 2 wrong usage, 130 interrupted',
    '',
  ].join('\n')
}

export function commandHelp(command: CommandSpec): string {
  const labels = command.options.map(optionLabel)
  const width = Math.max(...labels.map((label) => label.length))
  return [
    `volley ${command.name}: ${command.summary}`,
    '',
    `Usage: volley ${command.name} ${command.synopsis}`,
    '',
    ...command.notes.flatMap((note) => [note, '']),
    'Options:',
    ...command.options.map((option, i) => `  ${labels[i].padEnd(width)}  ${option.description}`),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

function optionLabel(option: OptionSpec): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  const value = option.value === null ? '' : ` ${option.value}`
  return `${short}--${option.name}${value}${option.multiple ? '...' : ''}`
}
