import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is known of a folder's state: made once, and read from there by a benchmark that is given the same folder. */
export async function kept<T>(folder: string, make: () => Promise<T>): Promise<T> {
  const file = join(folder, 'bench.json')
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(await make()))
  return JSON.parse(readFileSync(file, 'utf8')) as T // safe: it was written by the line above
}
