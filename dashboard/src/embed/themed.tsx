import { MantineProvider, type CSSVariablesResolver, type MantineThemeOverride } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { theme, variables } from '../theme.ts'
import { accentOf, type Tones } from './accent.ts'
import { useLook } from './frame-look.ts'

/** The dashboard's own colours, or those of the panel that frames it. */
export function Themed({ nonce, children }: { nonce: string; children: ReactNode }) {
  const { theme: scheme, accent } = useLook()
  // It is the same for as long as the frame is there.
  const [accented] = useState(() => withAccent(accent))
  return (
    <MantineProvider
      theme={accented.theme}
      cssVariablesResolver={accented.variables}
      defaultColorScheme="auto"
      {...(scheme === null ? {} : { forceColorScheme: scheme })}
      getStyleNonce={() => nonce}
    >
      {children}
    </MantineProvider>
  )
}

function withAccent(colour: string | null): {
  theme: MantineThemeOverride
  variables: CSSVariablesResolver
} {
  if (colour === null) return { theme, variables }
  const { shades, light, dark } = accentOf(colour)
  return {
    theme: { ...theme, colors: { ...theme.colors, brand: shades } },
    variables: (given) => {
      const own = variables(given)
      return {
        ...own,
        light: { ...own.light, ...variablesOf(light) },
        dark: { ...own.dark, ...variablesOf(dark) },
      }
    },
  }
}

function variablesOf({ fill, hover, text }: Tones): Record<string, string> {
  return {
    '--mantine-color-brand-filled': fill,
    '--mantine-color-brand-filled-hover': hover,
    '--mantine-color-brand-light-color': text,
    '--mantine-color-brand-outline': text,
    '--mantine-color-brand-text': text,
    '--mantine-color-anchor': text,
  }
}
