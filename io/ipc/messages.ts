/**
 * Cuts an Arrow IPC file or stream into its messages.
 *
 *   stream:  schema message · message ... [end of stream]
 *   file:    "ARROW1\0\0" · messages · footer (schema, places of the messages) · int32 footer length · "ARROW1"
 *   message: int32 -1 (absent before Arrow 0.15) · int32 metadata length · metadata · body
 *
 * Source: Arrow Columnar Format, "Serialization and Interprocess Communication".
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Message, type MessageHeader, type Schema } from 'apache-arrow'
import { type FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import { VolleyError } from '../../planner/errors.js'
import { readError } from '../file-errors.js'

const MAGIC = 'ARROW1'
const MAGIC_BYTES = 8
const FOOTER_TAIL_BYTES = 10
const CONTINUATION = -1
const MAX_METADATA_BYTES = 1 << 28

export interface IpcMessage {
  readonly message: Message<MessageHeader>
  /** Where the body lies in the file, in bytes. */
  readonly bodyOffset: number
  readonly bodyLength: number
}

export class IpcFile {
  readonly schema: Schema
  private readonly footer: Footer | null
  /** Of a stream: where its second message starts. */
  private readonly afterSchema: number
  private closed = false

  private constructor(
    readonly path: string,
    private readonly descriptor: number,
    readonly size: number,
  ) {
    if (size === 0) throw this.truncated('it is empty')
    if (size < MAGIC_BYTES) throw this.notArrow(0)
    this.footer = this.bytes(0, MAGIC.length).toString('latin1') === MAGIC ? this.readFooter() : null
    if (this.footer !== null) {
      this.schema = this.footer.schema
      this.afterSchema = 0
    } else {
      const first = this.messageAt(0)
      if (first === null || !first.message.isSchema()) throw this.notArrow(0)
      this.schema = first.message.header()
      this.afterSchema = first.bodyOffset + first.bodyLength
    }
  }

  /** Reads the schema. Throws VOLLEY_FILE_NOT_FOUND, VOLLEY_NOT_ARROW or VOLLEY_TRUNCATED_FILE. */
  static open(path: string): IpcFile {
    let descriptor: number | null = null
    try {
      descriptor = openSync(path, 'r')
      return new IpcFile(path, descriptor, fstatSync(descriptor).size)
    } catch (error) {
      if (descriptor !== null) closeSync(descriptor)
      throw readError(path, error)
    }
  }

  /** Dictionaries and record batches, each dictionary before the batches that use it. */
  *messages(): Generator<IpcMessage> {
    if (this.footer === null) {
      let next = this.messageAt(this.afterSchema)
      while (next !== null) {
        yield next
        next = this.messageAt(next.bodyOffset + next.bodyLength)
      }
      return
    }
    for (const blocks of [this.footer.dictionaryBatches(), this.footer.recordBatches()]) {
      for (const block of blocks as Iterable<FileBlock>) {
        const message = this.messageAt(block.offset)
        if (message === null) throw this.notArrow(block.offset)
        yield message
      }
    }
  }

  /** Fills `target`, which may lie in shared memory, with the bytes from `offset` on. */
  read(offset: number, target: Uint8Array): void {
    try {
      for (let done = 0; done < target.length; ) {
        const count = readSync(this.descriptor, target, done, target.length - done, offset + done)
        if (count === 0) throw this.truncated(`byte ${offset + done} is missing`)
        done += count
      }
    } catch (error) {
      throw readError(this.path, error)
    }
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.descriptor)
  }

  private messageAt(start: number): IpcMessage | null {
    if (start >= this.size) return null
    let prefixLength = 4
    let length = this.bytes(start, 4).readInt32LE()
    if (length === CONTINUATION) {
      prefixLength = 8
      length = this.bytes(start + 4, 4).readInt32LE()
    }
    if (length === 0) return null
    if (length < 0 || length > MAX_METADATA_BYTES) throw this.notArrow(start)
    const bodyOffset = start + prefixLength + length
    // Without the marker, any text looks like a message that is too long for the file.
    if (prefixLength === 4 && bodyOffset > this.size) throw this.notArrow(start)
    const message = this.decode(() => Message.decode(this.bytes(start + prefixLength, length)), start)
    const bodyLength = message.bodyLength
    if (!(bodyLength >= 0)) throw this.notArrow(start)
    if (bodyOffset + bodyLength > this.size) {
      throw this.truncated(`the message at byte ${start} ends at byte ${bodyOffset + bodyLength}`)
    }
    return { message, bodyOffset, bodyLength }
  }

  private readFooter(): Footer {
    if (this.size < MAGIC_BYTES + FOOTER_TAIL_BYTES) throw this.truncated('its footer is missing')
    const tail = this.bytes(this.size - FOOTER_TAIL_BYTES, FOOTER_TAIL_BYTES)
    if (tail.toString('latin1', 4) !== MAGIC) throw this.truncated('its footer is missing')
    const length = tail.readInt32LE()
    const start = this.size - FOOTER_TAIL_BYTES - length
    if (length <= 0 || start < MAGIC_BYTES) throw this.notArrow(this.size - FOOTER_TAIL_BYTES)
    return this.decode(() => Footer.decode(this.bytes(start, length)), start)
  }

  private decode<T>(decode: () => T, position: number): T {
    try {
      return decode()
    } catch (error) {
      throw error instanceof VolleyError ? error : this.notArrow(position, error)
    }
  }

  private bytes(offset: number, length: number): Buffer {
    if (offset + length > this.size) throw this.truncated(`byte ${this.size} is missing`)
    const bytes = Buffer.alloc(length)
    this.read(offset, bytes)
    return bytes
  }

  private notArrow(position: number, cause?: unknown): VolleyError {
    const message = `${this.path} is not an Arrow IPC file or stream: nothing of the kind at byte ${position}`
    return new VolleyError('VOLLEY_NOT_ARROW', message, { path: this.path, position }, cause)
  }

  private truncated(reason: string): VolleyError {
    const message = `${this.path} is truncated: it has ${this.size} bytes, ${reason}`
    return new VolleyError('VOLLEY_TRUNCATED_FILE', message, { path: this.path })
  }
}
