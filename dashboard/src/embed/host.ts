/** What a frame and the panel around it tell each other. docs/embedding.md */
import { changeTheme } from './frame-look.ts'
import { themeOf } from './look.ts'

type Message = { type: 'relay:height'; height: number } | { type: 'relay:signed_out'; expired: boolean }

/** The origin of the panel, as the session says it; null until somebody is signed in. */
let panel: string | null = null

/** @param root what grows and shrinks with the page */
export function startTalking(root: Element): void {
  new ResizeObserver(() => tellHeight(root)).observe(root)
  window.addEventListener('message', ({ source, origin, data }: MessageEvent<unknown>) => {
    if (source !== window.parent || origin !== panel) return
    const theme = themeIn(data)
    if (theme !== null) changeTheme(theme)
  })
}

/** Somebody is signed in; the panel gets to know how high the page is. */
export function panelIs(origin: string | null, root: Element): void {
  if (origin === panel) return
  panel = origin
  tellHeight(root)
}

/** Nobody is signed in any more. @param expired not by the user's own wish: the panel may open another link */
export function tellSignedOut(expired: boolean): void {
  tell({ type: 'relay:signed_out', expired })
}

/** Another link is being opened, and its session will say for whom. */
export function forgetPanel(): void {
  panel = null
}

function tellHeight(root: Element): void {
  tell({ type: 'relay:height', height: Math.ceil(root.getBoundingClientRect().height) })
}

function tell(message: Message): void {
  if (panel !== null && window.parent !== window) window.parent.postMessage(message, panel)
}

function themeIn(data: unknown): 'light' | 'dark' | null {
  const isTheme = typeof data === 'object' && data !== null && 'type' in data && data.type === 'relay:theme'
  return isTheme && 'theme' in data ? themeOf(data.theme) : null
}
