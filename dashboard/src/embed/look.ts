import { colourOf } from './accent.ts'

/** How a panel wants the dashboard to look in its frame. What is null is as it always is. */
export interface Look {
  /** As `#0f766e`. */
  readonly accent: string | null
  readonly theme: 'light' | 'dark' | null
  /** What the panel calls this place. */
  readonly name: string | null
  /** The URL of an image of the panel's; the page's policy lets in those of `PORTAL_ORIGINS` alone. */
  readonly logo: string | null
}

const NAME_LENGTH = 60

/** Reads it from the query of `/embed`. What cannot be read is as if it were not there. */
export function lookOf(search: string): Look {
  const params = new URLSearchParams(search)
  const name = params.get('name')?.trim().slice(0, NAME_LENGTH) ?? ''
  return {
    accent: colourOf(params.get('accent')),
    theme: themeOf(params.get('theme')),
    name: name === '' ? null : name,
    logo: imageOf(params.get('logo')),
  }
}

/** @param theme anything: it comes from a URL or from another window */
export function themeOf(theme: unknown): Look['theme'] {
  return theme === 'light' || theme === 'dark' ? theme : null
}

function imageOf(text: string | null): string | null {
  const url = text === null ? null : URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
