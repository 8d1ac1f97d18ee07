/** The programs that the guides show, and the languages that they are in. */
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, type TestContext } from 'vitest'

export const ROOT = resolve(import.meta.dirname, '../..')

/** What a program needs on the machine, and where that comes from. */
export interface Needs {
  needs: string
  from: string
}

/**
 * The one whole program in a language of a guide.
 * @param page the guide's file, from the root of the project
 * @param mark as its block in the page is marked
 */
export function sampleOf(page: string, mark: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter((block) => block[1] === mark)
  expect(blocks, `samples in ${mark}`).toHaveLength(1)
  return blocks[0]?.[2] ?? ''
}

export function fileOf(folder: string, name: string, source: string): string {
  const file = join(folder, name)
  writeFileSync(file, source)
  return file
}

/** Skips the test, with a notice, if the machine does not have the language. */
export function need({ needs, from }: Needs, page: string, context: TestContext): void {
  if (isHere(needs)) return
  const notice = `${needs} is not on this machine (${from}): its sample in ${page} is not run`
  console.warn(notice)
  context.skip(notice)
}

function isHere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  // Safe: a server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
