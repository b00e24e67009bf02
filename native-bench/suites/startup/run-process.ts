/** Runs a program in a process of its own, from its start to its end. */

import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What a process took from its start to its end. */
export interface Usage {
  /** The most that was resident. */
  readonly peakBytes: number
  /** Of all its threads. */
  readonly cpuMilliseconds: number
}

export interface Ended {
  /** From before it was started until it had ended and its output was read. */
  readonly milliseconds: number
  readonly output: string
  /** Null unless it was asked for. */
  readonly usage: Usage | null
}

/** Arguments of `node`, and what is set in the environment beside that of this process. */
export interface Program {
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

const REPORT_USAGE = new URL('./report-usage.js', import.meta.url).href

/** Starts Node with the words of `program`. Throws what it says of its error if it does not end well. */
export async function runProcess(program: Program, withUsage: boolean): Promise<Ended> {
  const words = [...(withUsage ? ['--import', REPORT_USAGE] : []), ...program.words]
  const began = performance.now()
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...program.environment },
  })
  const texts = Promise.all(child.stdio.slice(1).map((stream) => textOf(stream as Readable)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const milliseconds = performance.now() - began
  const [output, errors, usage] = await texts
  if (code !== 0) throw new Error(errorLine(errors) ?? `ended with code ${code}`)
  return { milliseconds, output, usage: withUsage ? (JSON.parse(usage) as Usage) : null }
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const part of stream.setEncoding('utf8')) text += part
  return text
}

/** Behind the lines of code that Node shows, and before the stack. */
function errorLine(text: string): string | null {
  const lines = text.trim().split('\n').filter(Boolean)
  return lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines[0] ?? null
}
