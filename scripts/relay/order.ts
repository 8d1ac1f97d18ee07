/** What `prepare.ts` is told. */
export interface Order {
  readonly stateDir: string
  /** All that the Worker knows, each as text. */
  readonly settings: Record<string, string>
}
