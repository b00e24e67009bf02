/** Arrow schemas as the text that Parquet footers keep. */

import type * as arrow from 'apache-arrow'

/** What a schema message is made with; given, so that threads need not load it that never make one. */
export type ArrowMessages = Pick<typeof arrow, 'Message' | 'Schema'>

/** A schema message of Arrow IPC with its length in front, in base64: the form in which footers keep it. */
export function encodeArrowSchema({ Message, Schema }: ArrowMessages, fields: readonly arrow.Field[]): string {
  const message = Message.encode(Message.from(new Schema([...fields])))
  const padded = Math.ceil(message.length / 8) * 8
  const encapsulated = Buffer.alloc(8 + padded)
  encapsulated.writeUInt32LE(0xffffffff, 0)
  encapsulated.writeInt32LE(padded, 4)
  encapsulated.set(message, 8)
  return encapsulated.toString('base64')
}
