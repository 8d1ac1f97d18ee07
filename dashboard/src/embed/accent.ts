/** A panel's own colour in the place of the dashboard's, such that what is written on it and with it can be read. */

/** WCAG AA for text, and for what is no text. */
const TEXT = 4.5
const SHAPE = 3
/** Behind the text: the least favourable of the backgrounds in `theme.ts` and `global.css`. */
const LIGHT_BACKGROUND = '#edf0f3'
const DARK_BACKGROUND = '#282e37'
const DARK_PAGE = '#14181d'

export type Shades = [string, string, string, string, string, string, string, string, string, string]

export interface Accent {
  /** From light to dark; the eighth is `light.fill`. */
  readonly shades: Shades
  /** For each scheme: what is filled with white text on it, the same under the pointer, and text on the page. */
  readonly light: Tones
  readonly dark: Tones
}

export interface Tones {
  readonly fill: string
  readonly hover: string
  readonly text: string
}

/** A colour as a URL has it, `#0f766e`, `0f766e` or `07e`, as `#0f766e`. Null for everything else. */
export function colourOf(text: string | null): string | null {
  const [, digits] = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text ?? '') ?? []
  if (digits === undefined) return null
  return `#${digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits}`.toLowerCase()
}

/** @param colour as `colourOf` gives it. It stays what it is if it can be read, and else becomes darker or lighter. */
export function accentOf(colour: string): Accent {
  const fill = until(colour, '#000000', (each) => contrast(each, '#ffffff') >= TEXT)
  const visible = until(fill, '#ffffff', (each) => contrast(each, DARK_PAGE) >= SHAPE)
  const shade = (share: number) => mix('#ffffff', fill, share)
  return {
    shades: [
      shade(0.06),
      shade(0.14),
      shade(0.28),
      shade(0.42),
      shade(0.56),
      shade(0.7),
      shade(0.85),
      fill,
      mix(fill, '#000000', 0.14),
      mix(fill, '#000000', 0.3),
    ],
    light: {
      fill,
      hover: mix(fill, '#000000', 0.14),
      text: until(fill, '#000000', (each) => contrast(each, LIGHT_BACKGROUND) >= TEXT),
    },
    dark: {
      fill: visible,
      hover: mix(visible, '#000000', 0.14),
      text: until(colour, '#ffffff', (each) => contrast(each, DARK_BACKGROUND) >= TEXT),
    },
  }
}

/** The contrast of two colours as WCAG has it, from 1 to 21. */
export function contrast(a: string, b: string): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05)
}

const STEPS = 100

/** The first colour on the way to another for which something holds. */
function until(colour: string, to: string, holds: (colour: string) => boolean): string {
  for (let step = 0; step < STEPS; step += 1) {
    const each = mix(colour, to, step / STEPS)
    if (holds(each)) return each
  }
  return to
}

function mix(from: string, to: string, share: number): string {
  const target = bytesOf(to)
  const mixed = bytesOf(from).map((byte, at) => Math.round(byte + ((target[at] ?? 0) - byte) * share))
  return `#${mixed.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = bytesOf(colour).map((byte) => {
    const part = byte / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function bytesOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}
