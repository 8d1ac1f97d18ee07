import { useSyncExternalStore } from 'react'
import { lookOf, type Look } from './look.ts'

const STORE = 'relay-look'

/** That of this frame. */
let look: Look = lookOf('')
const listeners = new Set<() => void>()

/**
 * Takes it from the address bar, which loses it as one goes on; a frame that is loaded again has it from before.
 * @param isNew a portal link has just opened the frame
 */
export function takeLook(isNew: boolean): void {
  const { search } = window.location
  const store = frameStore()
  if (isNew || hasLook(search)) store?.setItem(STORE, search)
  look = lookOf(store?.getItem(STORE) ?? search)
}

function hasLook(search: string): boolean {
  return Object.values(lookOf(search)).some((value) => value !== null)
}

/** Null if the browser keeps nothing for frames: then what it is reloaded with is what its address says. */
function frameStore(): Storage | null {
  try {
    return window.sessionStorage
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError') return null
    throw error
  }
}

/** The panel has gone from light to dark, or back. */
export function changeTheme(theme: 'light' | 'dark'): void {
  look = { ...look, theme }
  for (const listener of listeners) listener()
}

/** How the panel wants its frame to look; nothing of it is there on a page of its own. */
export function useLook(): Look {
  return useSyncExternalStore(onChange, () => look)
}

function onChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}
