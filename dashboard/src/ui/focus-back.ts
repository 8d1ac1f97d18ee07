import { useEffect } from 'react'

/**
 * Gives the focus back once a dialog is gone that was opened from a menu, or whose opener may be gone: there is no element
 * then that the dialog itself could remember.
 * @param to the id of whoever gets it; null while there is no dialog
 * @param otherwise the id of who gets it if that is not there any more
 */
export function useFocusBack(to: string | null, otherwise: string): void {
  useEffect(() => {
    if (to === null) return undefined
    // Once the dialog is gone, which holds the focus until then.
    return () =>
      void setTimeout(() => (document.getElementById(to) ?? document.getElementById(otherwise))?.focus())
  }, [to, otherwise])
}
