/**
 * Runs in workerd: takes what Miniflare's stores would have its Node process log. The embedded queue tells it of each
 * batch, and waits for the answer.
 */
const WARNING = 2

export default {
  async fetch(request: Request): Promise<Response> {
    const text = await request.text()
    // What is no line of a log is an error that a store did not expect.
    const level = request.headers.get('MF-Log-Level')
    if (level === null || Number(level) <= WARNING) console.error(text)
    return new Response(null, { status: 204 })
  },
}
