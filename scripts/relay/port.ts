import { once } from 'node:events'
import { createServer } from 'node:net'

export const HOST = '127.0.0.1'

/** Whether a port of this machine can be listened on. Of 0, any free one, there is always one. */
export async function isFree(port: number): Promise<boolean> {
  if (port === 0) return true
  const server = createServer()
  try {
    server.listen(port, HOST)
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  }
  await new Promise((closed) => server.close(closed))
  return true
}
