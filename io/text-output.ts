/** Writes text to an output file in UTF-8, compressed if its name ends in `.gz`. */

import { once } from 'node:events'
import { createGzip, type Gzip } from 'node:zlib'
import { OutputFile, type OutputOptions } from './output-file.js'

const FLUSH_CHARACTERS = 256 << 10

export class TextOutput {
  private parts: string[] = []
  private characters = 0

  private constructor(
    private readonly file: OutputFile,
    private compression: Compression | null,
  ) {}

  static async open(path: string, options: OutputOptions): Promise<TextOutput> {
    return TextOutput.over(await OutputFile.open(path, options))
  }

  /** Goes on where the file ends. */
  static over(file: OutputFile): TextOutput {
    return new TextOutput(file, file.path.endsWith('.gz') ? new Compression(file) : null)
  }

  get path(): string {
    return this.file.path
  }

  /** Bytes in the file so far, compressed. */
  get bytesWritten(): number {
    return this.file.bytesWritten
  }

  /** Buffers the text; when the result is true, `flush` is due. */
  write(text: string): boolean {
    this.parts.push(text)
    this.characters += text.length
    return this.characters >= FLUSH_CHARACTERS
  }

  /** Resolves when what was buffered has been taken by the file. */
  async flush(): Promise<void> {
    if (this.characters === 0) return
    const bytes = Buffer.from(this.parts.join(''))
    this.parts = []
    this.characters = 0
    if (this.compression === null) await this.file.append(bytes)
    else await this.compression.write(bytes)
  }

  /** Resolves when all that was written is in the file. A compressed file goes on with another member (RFC 1952, 2.2). */
  async settle(): Promise<void> {
    await this.flush()
    if (this.compression === null) return
    await this.compression.finish()
    this.compression = new Compression(this.file)
  }

  async finish(): Promise<void> {
    await this.flush()
    await this.compression?.finish()
    await this.file.commit()
  }

  async abort(): Promise<void> {
    await this.compression?.abort()
    await this.file.abort()
  }
}

class Compression {
  private readonly gzip: Gzip = createGzip()
  /** Settles when all compressed bytes are in the file, or rejects when they cannot be. */
  private readonly pumped: Promise<void>

  constructor(file: OutputFile) {
    this.pumped = (async () => {
      for await (const chunk of this.gzip) await file.append(chunk as Buffer)
    })()
    // Seen by `write` and `finish`; without a handler of its own it would end the process before they look.
    this.pumped.catch(() => undefined)
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.gzip.destroyed) await this.pumped
    if (!this.gzip.write(bytes)) await Promise.race([once(this.gzip, 'drain'), this.pumped])
  }

  async finish(): Promise<void> {
    this.gzip.end()
    await this.pumped
  }

  async abort(): Promise<void> {
    this.gzip.destroy()
    await this.pumped.catch(() => undefined)
  }
}
