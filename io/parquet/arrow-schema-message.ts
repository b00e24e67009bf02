/** Arrow schemas as the text that Parquet footers keep. */

import * as arrow from 'apache-arrow'
import { Message } from 'apache-arrow/ipc/metadata/message'

/** A schema message of Arrow IPC with its length in front, in base64: the form in which footers keep it. */
export function encodeArrowSchema(fields: readonly arrow.Field[]): string {
  const message = Message.encode(Message.from(new arrow.Schema([...fields])))
  const padded = Math.ceil(message.length / 8) * 8
  const encapsulated = Buffer.alloc(8 + padded)
  encapsulated.writeUInt32LE(0xffffffff, 0)
  encapsulated.writeInt32LE(padded, 4)
  encapsulated.set(message, 8)
  return encapsulated.toString('base64')
}
