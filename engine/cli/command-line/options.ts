/** The options of every command, declared once: parsing and help derive from them. */

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string
  readonly short?: string
  /** What its value is called in help; null for a switch. */
  readonly value: string | null
  /** What a switch may be set to: `--progress=json`. */
  readonly settings?: readonly string[]
  /** May be given several times. */
  readonly multiple?: boolean
  readonly description: string
}

export interface CommandSpec {
  readonly name: string
  /** What follows the command's name in the first line of help. */
  readonly synopsis: string
  readonly summary: string
  /** Paragraphs of help above the options. */
  readonly notes: readonly string[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly string[]
}

export const STRATEGIES = ['auto', 'row', 'bulk', 'bigdata'] as const
export const COMPRESSIONS = ['snappy', 'zstd', 'gzip', 'lz4', 'none'] as const
export const PIPELINE_MODES = ['full', 'streaming', 'hybrid'] as const
export const PLAN_FORMATS = ['text', 'mermaid', 'dot', 'json'] as const
export const PLAN_ORDERS = ['batch', 'streaming'] as const
export const PROGRESS_FORMATS = ['json'] as const
export const ROW_FORMATS = ['table', 'csv', 'ndjson'] as const

const HELP: OptionSpec = { name: 'help', short: 'h', value: null, description: 'Show this help' }
const JSON_REPORT: OptionSpec = {
  name: 'json',
  value: null,
  description: 'Print one JSON object on standard output and nothing else',
}

const RUN_OPTIONS: readonly OptionSpec[] = [
  { name: 'strategy', value: 'NAME', description: `How to process: ${STRATEGIES.join(', ')} (default auto)` },
  { name: 'memory-limit', value: 'SIZE', description: 'Memory the engine may use, like 512MB or 4GB' },
  { name: 'threads', value: 'N', description: 'Worker threads (default: one per core)' },
  {
    name: 'rejects',
    value: 'FILE',
    description: 'Leave out records that cannot be processed, and write them here with the reason',
  },
  { name: 'max-rejects', value: 'N', description: 'Fail when more than N records are rejected' },
  { name: 'retries', value: 'N', description: 'Do work again up to N times that failed for a reason that may pass' },
  JSON_REPORT,
  {
    name: 'progress',
    value: null,
    settings: PROGRESS_FORMATS,
    description: 'Show progress even where standard error is no terminal; =json: as JSON lines; --no-progress: never',
  },
  HELP,
]

const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'compression',
    value: 'NAME',
    description: `Parquet compression: ${COMPRESSIONS.join(', ')} (default snappy)`,
  },
  { name: 'row-group-size', value: 'ROWS', description: 'Rows per Parquet row group' },
  { name: 'partition-by', value: 'LIST', description: 'Write a directory with a folder per value: OUT/name=value/' },
  { name: 'overwrite', value: null, description: 'Replace an existing output' },
]

const SHAPE_OPTIONS: readonly OptionSpec[] = [
  { name: 'where', value: 'E', multiple: true, description: 'Keep the rows for which E is true' },
  { name: 'with', value: 'NAME=E', multiple: true, description: 'Add or replace a column' },
  { name: 'rename', value: 'OLD=NEW', multiple: true, description: 'Rename a column' },
  { name: 'drop', value: 'LIST', multiple: true, description: 'Leave columns out' },
  { name: 'group-by', value: 'LIST', multiple: true, description: 'Group rows by columns or expressions' },
  { name: 'agg', value: 'NAME=E', multiple: true, description: "Aggregate groups, or all rows: 'total=sum(price)'" },
  { name: 'select', value: 'LIST', multiple: true, description: "Exactly these columns: 'a, b + 1 as c'" },
  { name: 'sort', value: 'LIST', multiple: true, description: "Sort: 'a desc, b nulls first'" },
  { name: 'limit', value: 'N', description: 'Keep the first N rows' },
]

const SHAPE_NOTES: readonly string[] = [
  'Formats follow the extension: .parquet, .csv, .tsv, .ndjson, .jsonl (the text ones also .gz), .arrow, .feather, .arrows.\n' +
    'IN may be a glob or a directory; several INs are read as one table. Expressions (E, LIST) are SQL.',
  'The parts apply in this order, however they are written:\n' +
    '  where and with (in the order given) → rename → drop → group-by and agg → select → sort → limit\n' +
    'A --where therefore sees the columns of every --with before it; --sort may also name columns that --select leaves out.',
]

const TRANSFORM: CommandSpec = {
  name: 'transform',
  synopsis: 'IN... OUT [options]',
  summary: 'Read files, shape the rows, write a file',
  notes: SHAPE_NOTES,
  options: [...SHAPE_OPTIONS, ...OUTPUT_OPTIONS, ...RUN_OPTIONS],
  examples: [
    "volley transform orders.parquet big.parquet --where 'quantity > 5' --with 'total=quantity * unit_price'",
    `volley transform 'logs/*.csv.gz' by-day.parquet --group-by "date_trunc('day', at) as day" --agg 'n=count(*)'`,
    'volley transform orders.parquet by-country --partition-by country --compression zstd',
  ],
}

const EXPLAIN: CommandSpec = {
  name: 'explain',
  synopsis: 'IN... [OUT] [options]',
  summary: 'Show the plan that transform would run',
  notes: ['Takes the arguments of transform; nothing is run and nothing is written.', ...SHAPE_NOTES],
  options: [...SHAPE_OPTIONS, ...OUTPUT_OPTIONS, ...RUN_OPTIONS],
  examples: ["volley explain orders.parquet out.parquet --where 'quantity > 5' --select 'order_id, customer'"],
}

const INSPECT: CommandSpec = {
  name: 'inspect',
  synopsis: 'FILE [options]',
  summary: "Show a Parquet file's schema, row groups, encodings and statistics",
  notes: ['Reads the footer only.'],
  options: [JSON_REPORT, HELP],
  examples: ['volley inspect orders.parquet', 'volley inspect orders.parquet --json'],
}

const SQL: CommandSpec = {
  name: 'sql',
  synopsis: 'QUERY [OUT] [options]',
  summary: 'Run a query over files; print the rows or write a file',
  notes: ["Tables are paths in quotes: select * from 'orders.parquet'. Without OUT, rows go to standard output."],
  options: [
    { name: 'format', value: 'NAME', description: `How to print rows: ${ROW_FORMATS.join(', ')} (default table)` },
    { name: 'max-rows', value: 'N', description: 'Rows of a printed table (default 40)' },
    ...OUTPUT_OPTIONS,
    ...RUN_OPTIONS,
  ],
  examples: [
    `volley sql "select country, count(*) as n from 'orders.parquet' group by country order by n desc"`,
    `volley sql "from 'orders.parquet' where note is not null" noted.csv`,
  ],
}

const PARAMETERS: OptionSpec = { name: 'param', value: 'K=V', multiple: true, description: 'The value of a parameter' }
const PIPELINE_NOTE =
  'PIPELINE is a YAML file, or a directory with pipeline.yaml, or with extract.yaml, load.yaml and perhaps transform.yaml.'

const RUN: CommandSpec = {
  name: 'run',
  synopsis: 'PIPELINE [options]',
  summary: 'Run a pipeline',
  notes: [PIPELINE_NOTE],
  options: [
    PARAMETERS,
    { name: 'mode', value: 'NAME', description: `${PIPELINE_MODES.join(', ')}, instead of the pipeline's own` },
    { name: 'checkpoint', value: 'ID', description: 'Keep how far the job is under this name' },
    {
      name: 'checkpoint-every',
      value: 'TIME',
      description: 'How often: a time such as 30s, or a number of batches (default 5s)',
    },
    { name: 'resume', value: null, description: 'Go on with the job of --checkpoint where it was stopped' },
    {
      name: 'reprocess',
      value: 'PATH',
      description: 'Dead letters, a file or a directory, whose records enter again where they failed',
    },
    {
      name: 'param-sets',
      value: 'FILE',
      description: 'Run once for each set of parameters in a YAML, JSON, NDJSON or CSV file',
    },
    { name: 'max-concurrent', value: 'N', description: 'Runs of --param-sets at once (default 1)' },
    ...RUN_OPTIONS.filter(({ name }) => !['rejects', 'max-rejects', 'retries'].includes(name)),
  ],
  examples: [
    'volley run pipeline.yaml --param day=2024-02-29',
    'volley run pipeline.yaml --checkpoint nightly --resume',
  ],
}

const PLAN: CommandSpec = {
  name: 'plan',
  synopsis: 'PIPELINE [options]',
  summary: 'Show the stages of a pipeline in the order in which they run',
  notes: [PIPELINE_NOTE, 'Nothing is run and no data is read.'],
  options: [
    PARAMETERS,
    { name: 'format', value: 'NAME', description: `How to show it: ${PLAN_FORMATS.join(', ')} (default text)` },
    {
      name: 'order',
      value: 'NAME',
      description: `${PLAN_ORDERS.join(' or ')}: sources or sinks first (default batch)`,
    },
    { ...JSON_REPORT, description: 'The same as --format json' },
    HELP,
  ],
  examples: ['volley plan pipeline.yaml', 'volley plan pipeline.yaml --format mermaid --order streaming'],
}

const VALIDATE: CommandSpec = {
  name: 'validate',
  synopsis: 'PIPELINE [options]',
  summary: 'Find what is wrong with a pipeline without running it',
  notes: [
    PIPELINE_NOTE,
    'Opens input files for their columns and loads modules, so that expressions are checked, too. Asks no server and no database.',
  ],
  options: [PARAMETERS, JSON_REPORT, HELP],
  examples: ['volley validate pipeline.yaml'],
}

const BENCH: CommandSpec = {
  name: 'bench',
  synopsis: '[SUITE...] [options]',
  summary: 'Race volley and native engines on this machine',
  notes: [
    [
      'Data is generated at the first call and kept. Every answer is compared before anything is timed. Prints tables, and',
      'writes the results as JSON and as a page. Engines that are not installed (nodejs-polars, arquero,',
      'hyparquet-compressors) are listed as absent.',
    ].join('\n'),
    [
      'Sizes: small, medium, large (10,000, 1,000,000, 6,000,000 rows). All suites at all sizes take hours: name some, or',
      'take --quick.',
    ].join('\n'),
  ],
  options: [
    { name: 'quick', value: null, description: 'Every suite in its smallest form: two minutes on two cores' },
    { name: 'list', value: null, description: 'Show the suites and their cases' },
    { name: 'size', value: 'LIST', description: 'Only these sizes' },
    { name: 'case', value: 'LIST', description: 'Only these cases, like q01,q06' },
    {
      name: 'engine',
      value: 'LIST',
      description: 'Only these beside duckdb, like volley,polars',
    },
    { name: 'runs', value: 'N', description: 'Timed runs of each engine (default 7)' },
    { name: 'threads', value: 'N', description: 'Threads of each engine (default: one per core)' },
    {
      name: 'memory-limit',
      value: 'SIZE',
      description: "Of each engine that takes one (default 4GB, or 80 % of the machine's)",
    },
    { name: 'limit', value: 'LIST', description: 'Limits of the suite out-of-core (default 384MB,512MB,1GB)' },
    {
      name: 'scale',
      value: 'X',
      description: 'Data of out-of-core and pipeline: 1 is ten times the limit, 60,000,000 rows',
    },
    { name: 'patience', value: 'MINUTES', description: 'Longest time of one engine in out-of-core (default 20)' },
    {
      name: 'resume',
      value: null,
      description: 'Go on where a call with the same options and versions was interrupted',
    },
    {
      name: 'output',
      value: 'FILE',
      description: 'Where the results go as JSON; the page goes beside it, ending in .html',
    },
    { name: 'data', value: 'DIRECTORY', description: 'Where generated data is kept' },
    { name: 'json', value: null, description: 'Print the results as JSON, and nothing else, on standard output' },
    HELP,
  ],
  examples: [
    'volley bench --quick',
    'volley bench tpch groupby --size medium',
    'volley bench tpch --case q01,q06 --engine volley,polars',
  ],
}

export const COMMANDS = {
  transform: TRANSFORM,
  inspect: INSPECT,
  explain: EXPLAIN,
  sql: SQL,
  run: RUN,
  plan: PLAN,
  validate: VALIDATE,
  bench: BENCH,
} as const
export type CommandName = keyof typeof COMMANDS

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}
