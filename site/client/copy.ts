const SHOWN_MS = 1_500

/** Gives each block of code a button that copies what is shown of it. */
export function copyButtons(): void {
  for (const block of document.querySelectorAll<HTMLElement>('.code')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.addEventListener('click', () => void copy(block, button))
    block.append(button)
  }
}

async function copy(block: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const shown = [...block.querySelectorAll<HTMLElement>('pre')].find((each) => each.offsetParent !== null)
  let said = 'Copied'
  try {
    await navigator.clipboard.writeText(shown?.textContent ?? '')
  } catch {
    // Not over plain http, nor where the browser does not allow it: then it is at least selected.
    if (shown !== undefined) getSelection()?.selectAllChildren(shown)
    said = 'Selected'
  }
  button.textContent = said
  button.setAttribute('aria-live', 'polite')
  setTimeout(() => (button.textContent = 'Copy'), SHOWN_MS)
}
