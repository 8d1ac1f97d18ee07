import { useEffect, useState } from 'react'

/**
 * For what is over the page, and is mounted as it opens: once it is gone, the focus is back where it was. From an item of
 * a menu, which is gone as well, it goes to the button of the menu; and if that is not there any more, to the page.
 */
export function useReturnFocus(): void {
  const [opener] = useState(openerOf)
  useEffect(
    () => () => {
      // After React has taken the dialog away, and what holds the focus in it.
      requestAnimationFrame(() => {
        const isFree = document.activeElement === null || document.activeElement === document.body
        if (!isFree) return
        const target = opener?.isConnected === true ? opener : document.querySelector<HTMLElement>('#main')
        target?.focus({ preventScroll: true })
      })
    },
    [opener],
  )
}

function openerOf(): HTMLElement | null {
  const active = document.activeElement
  const menu = active?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  const opener = menu == null ? active : document.querySelector(`#${CSS.escape(menu)}`)
  return opener instanceof HTMLElement && opener !== document.body ? opener : null
}
