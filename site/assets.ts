/** What the pages are made from, besides the sources. Names are paths from the root of the host. */
export interface Assets {
  style: string
  script: string
  /** Names a file by its content, has it written, and says where it will be. */
  add: (name: string, content: string | Uint8Array) => string
}
