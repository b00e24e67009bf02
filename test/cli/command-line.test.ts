import type { Request } from '../../engine/cli/command-line/request.js'
import { UsageError } from '../../engine/cli/command-line/usage-error.js'
import { parseCommandLine } from '../../engine/cli/command-line.js'
import { describe, expect, it } from '../support/jest.js'

function transform(...words: string[]): Extract<Request, { kind: 'transform' | 'explain' }> {
  const request = parseCommandLine(['transform', ...words])
  if (request.kind !== 'transform') throw new Error(`parsed as ${request.kind}`)
  return request
}

function refusal(...words: string[]): UsageError {
  try {
    parseCommandLine(words)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error('not refused')
}

describe('parseCommandLine', () => {
  it('takes the last name for the output', () => {
    const { transform: request } = transform('a.parquet', 'b.parquet', 'out.parquet')
    expect(request.inputs).toEqual(['a.parquet', 'b.parquet'])
    expect(request.output).toBe('out.parquet')
  })

  it('keeps where and with in the order written', () => {
    const { transform: request } = transform('a', 'b', '--where', 'x > 1', '--with', 'y=x+1,z=y*2', '--where=z > 3')
    expect(request.steps).toEqual([
      { kind: 'where', predicate: 'x > 1' },
      { kind: 'with', name: 'y', expression: 'x+1' },
      { kind: 'with', name: 'z', expression: 'y*2' },
      { kind: 'where', predicate: 'z > 3' },
    ])
  })

  it('takes several aggregates after one --agg', () => {
    const { transform: request } = transform('a', 'b', '--group-by', 'k', '--agg', 'n=count(*)', 'total=sum(x)')
    expect(request.aggregates).toEqual([
      ['n', 'count(*)'],
      ['total', 'sum(x)'],
    ])
    expect(request.output).toBe('b')
  })

  it('reads the options of a run and of an output', () => {
    const { run, output } = transform(
      ...['a', 'b', '--threads', '3', '--memory-limit', '1GB', '--json', '--no-progress', '--compression', 'zstd'],
      ...['--row-group-size', '1000', '--partition-by', 'x, y', '--overwrite', '--strategy', 'bulk'],
    )
    const failures = { rejects: null, maxRejects: undefined, retries: undefined }
    expect(run).toEqual({ strategy: 'bulk', memoryLimit: '1GB', threads: 3, json: true, progress: false, ...failures })
    expect(output).toEqual({ compression: 'zstd', rowGroupSize: 1000, partitionBy: ['x', 'y'], overwrite: true })
  })

  it('reads what to do about failures', () => {
    const { run } = transform('a', 'b', '--rejects', 'bad.csv', '--max-rejects', '10', '--retries', '2')
    expect([run.rejects, run.maxRejects, run.retries]).toEqual(['bad.csv', 10, 2])
    expect(refusal('transform', 'a', 'b', '--max-rejects', '10').message).toContain('--rejects FILE')
    expect(refusal('transform', 'a', 'b', '--retries', 'many').message).toContain('whole number')
  })

  it('shows help wherever it is asked for', () => {
    for (const words of [['--help'], ['help', 'sql'], ['sql', '--help'], ['transform', 'a', '-h']]) {
      expect(parseCommandLine(words).kind).toBe('help')
    }
  })

  it.each([
    [[], 'no command'],
    [['transfrom'], 'unknown command "transfrom"'],
    [['transform', 'a'], 'at least one input and an output'],
    [['transform', 'a', 'b', '--limit', 'ten'], '--limit takes a whole number'],
    [['transform', 'a', 'b', '--threads', '0'], '--threads takes a whole number from 1 up'],
    [['transform', 'a', 'b', '--compression', 'brotli'], '--compression takes one of snappy'],
    [['transform', 'a', 'b', '--group-by', 'k'], 'needs at least one --agg'],
    [['transform', 'a', 'b', '--where'], '--where takes a value'],
    [['transform', 'a', 'b', '--where', '--limit', '1'], '--where takes a value'],
    [['transform', 'a', 'b', '--overwrite=yes'], '--overwrite takes no value'],
    [['transform', 'a', 'b', '--limit', '1', '--limit', '2'], 'given twice'],
    [['sql'], 'takes a query'],
    [['sql', 'select', '1', 'x'], 'at most one output'],
    [['inspect'], 'takes one file'],
  ])('refuses %j', (words, message) => {
    expect(refusal(...words).message).toContain(message)
  })

  it('names the nearest command and option', () => {
    expect(refusal('transfrom').hint).toBe('Did you mean "volley transform"?')
    expect(refusal('transform', 'a', 'b', '--wher', 'x').hint).toBe('Did you mean --where?')
  })

  it('does not offer commands that are not there', () => {
    expect(refusal('serve').message).toContain('unknown command')
  })
})
