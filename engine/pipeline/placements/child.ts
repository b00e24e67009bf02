/** One child process of a stage. */

import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { GuestChannel, GuestEnded } from './guest-channel.js'
import type { GuestAnswer, GuestStart } from './guest-messages.js'

/** How long a child may take to end by itself. */
const GRACE_MS = 1000
const WATCH_MS = 200
const PAGE_BYTES = 4096
/** The part of its limit from which a child that leaks is replaced. */
const MUCH = 0.8

export class Child {
  readonly channel: GuestChannel
  readonly ended: Promise<void>
  private readonly child: ChildProcess
  /** Why it was killed, if it was by us. */
  private reason: string | null = null
  private watch: NodeJS.Timeout | undefined
  private ending = false

  constructor(
    start: GuestStart,
    private readonly memoryLimit: number,
  ) {
    const heapMegabytes = Math.ceil(memoryLimit / 2 ** 20)
    const child = fork(new URL('./guest-process.js', import.meta.url), {
      serialization: 'advanced',
      execArgv: ['--no-experimental-require-module', `--max-old-space-size=${heapMegabytes}`],
      // What functions print goes to standard error: the standard output is the pipeline's own.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    this.child = child
    // A request that cannot be sent is answered by the end of the process.
    this.channel = new GuestChannel((asked) => child.send(asked, () => {}))
    child.on('message', (answer) => this.channel.receive(answer as GuestAnswer))
    this.ended = new Promise((resolve) => {
      const end = (reason: GuestEnded) => {
        this.ending = true
        clearInterval(this.watch)
        this.channel.end(reason)
        resolve()
      }
      child.once('error', (error) => {
        if (child.pid === undefined) end(new GuestEnded(`could not start: ${error.message}`, null, null, error))
      })
      child.once('exit', (code, signal) => {
        const reason = new GuestEnded(this.reason ?? describeEnd(code, signal), code, signal)
        // What it has sent before it ended comes first.
        if (!child.connected) return end(reason)
        const late = setTimeout(() => end(reason), GRACE_MS)
        child.once('disconnect', () => {
          clearTimeout(late)
          end(reason)
        })
      })
    })
    child.send(start, () => {})
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  /** True once it is to take no more requests. */
  get isEnding(): boolean {
    return this.ending
  }

  /** Has it killed if it takes more memory than it may, or longer than `timeout` milliseconds, until the function that it returns is called. */
  attend(timeout: number | null): () => void {
    const deadline = timeout === null ? Number.POSITIVE_INFINITY : performance.now() + timeout
    const check = () => {
      if (performance.now() >= deadline) this.kill(`did not answer within ${timeout} ms`)
      const bytes = residentBytes(this.pid)
      if (bytes > this.memoryLimit) this.kill(this.tooMuch(bytes))
    }
    const period = timeout === null ? WATCH_MS : Math.max(1, Math.min(WATCH_MS, timeout / 4))
    const watch = setInterval(check, period)
    this.watch = watch
    return () => clearInterval(watch)
  }

  /** True if it should be replaced before its next batch, which might be the one that takes it beyond its limit. */
  takesMuch(rssBytes: number): boolean {
    return rssBytes > this.memoryLimit * MUCH
  }

  kill(reason: string): void {
    this.ending = true
    this.reason ??= reason
    this.child.kill('SIGKILL')
  }

  /** Lets it end by itself, and kills it if it does not. */
  async end(): Promise<void> {
    this.ending = true
    if (this.child.connected) this.child.disconnect()
    const late = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS)
    await this.ended
    clearTimeout(late)
  }

  private tooMuch(bytes: number): string {
    return `took ${Math.round(bytes / 1e6)} MB of memory, more than its limit of ${Math.round(this.memoryLimit / 1e6)} MB`
  }
}

function describeEnd(code: number | null, signal: string | null): string {
  if (signal === 'SIGABRT') return 'was ended by SIGABRT, as for want of memory'
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
}

/** 0 where the system does not tell. */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES
  } catch {
    return 0
  }
}
