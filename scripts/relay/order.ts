/** What `prepare.ts` is told. */
export interface Order {
  readonly stateDir: string
  /** What none of the encryption keys opens is no reason not to start. */
  readonly isKeyLost: boolean
  /** All that the Worker knows, each as text. */
  readonly settings: Record<string, string>
}
