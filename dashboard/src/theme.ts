import { createTheme, type CSSVariablesResolver } from '@mantine/core'

/** Mantine's own palette does not reach AA: these do, in light and dark, as text and under white text. */
export const theme = createTheme({
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  primaryColor: 'brand',
  primaryShade: { light: 7, dark: 7 },
  colors: {
    brand: [
      '#eff4ff',
      '#dde7fd',
      '#b9cdfa',
      '#8fb0f6',
      '#7a9ff3',
      '#5c87e8',
      '#3d6bd9',
      '#2a57c5',
      '#234aa9',
      '#1b3a86',
    ],
    dark: [
      '#e3e7ed',
      '#b3bcc8',
      '#98a2b0',
      '#5d6775',
      '#363e49',
      '#2b323b',
      '#1c2128',
      '#14181d',
      '#0f1216',
      '#0a0c0f',
    ],
  },
  defaultRadius: 6,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
})

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1a212b',
    '--mantine-color-dimmed': '#58626f',
    '--mantine-color-placeholder': '#646e7b',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#234aa9',
    '--mantine-color-default-border': '#d5dae1',
  },
  dark: {
    '--mantine-color-body': '#14181d',
    '--mantine-color-text': '#e3e7ed',
    '--mantine-color-dimmed': '#a3adba',
    '--mantine-color-placeholder': '#949eac',
    '--mantine-color-error': '#ff9a90',
    '--mantine-color-anchor': '#94b6ff',
    '--mantine-color-default-border': '#363e49',
  },
})
