/** The side of processes that the benchmark starts to measure something alone. */

/**
 * Does what the only argument of this process asks for, as JSON, and sends the result to the harness as one message. Ends at
 * once when the harness has ended: a benchmark that is killed leaves nothing that runs.
 */
export async function answerHarness<Request, Message>(perform: (request: Request) => Promise<Message>): Promise<void> {
  const leave = () => process.exit(1)
  process.once('disconnect', leave)
  if (!process.connected) leave()
  const message = await perform(JSON.parse(process.argv[2]) as Request)
  process.send!(message, () => {
    process.off('disconnect', leave)
    process.disconnect()
  })
}
