/** An actor's thread. */

import { parentPort, workerData } from 'node:worker_threads'
import { InternalError } from '../../../planner/errors.js'
import { Guest } from './guest.js'
import type { Asked, GuestStart } from './guest-messages.js'

const port = parentPort
if (port === null) throw new InternalError("an actor's thread was started as a process")

const guest = await Guest.open(workerData as GuestStart, (answer, transfer) => port.postMessage(answer, [...transfer]))
if (guest === null) port.close()
else port.on('message', (asked: Asked) => guest.receive(asked))
