/** After what was asked about is gone, with the button that asked: the focus is on the page, and not lost. */
export function focusPage(): void {
  document.querySelector<HTMLElement>('#main')?.focus()
}
