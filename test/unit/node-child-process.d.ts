/** What the tests use of Node's processes: the types of Node and those of the Worker do not go together. */
declare module 'node:child_process' {
  export function execFileSync(file: string, args: string[], options: { encoding: 'latin1' }): string
}
