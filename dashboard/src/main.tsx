import '@mantine/core/styles.css'
import './global.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { pathHere } from './place.ts'
import { takePortalLink } from './portal-link.ts'
import { newQueries } from './queries.ts'
import { newRouter, toSignIn } from './router.tsx'
import { theme, variables } from './theme.ts'

// First of all: the address bar must not keep the token.
if (takePortalLink()) window.history.replaceState(null, '', pathHere('/sign-in'))

const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
// Mantine's modals lock the page's scrolling by a package that asks `get-nonce`.
setNonce(nonce)

const queries = newQueries((problem) => {
  if (router.state.location.pathname === '/sign-in') return
  queries.clear()
  void router.navigate({ ...toSignIn(problem), ignoreBlocker: true })
})
const router = newRouter(queries)

// A link that is opened in this same window changes the fragment alone.
window.addEventListener('hashchange', () => {
  if (takePortalLink()) {
    queries.clear()
    void router.navigate({ to: '/sign-in', search: {}, ignoreBlocker: true })
  }
})

const place = document.querySelector('#root')
if (place === null) throw new Error('index.html has no #root')
createRoot(place).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={variables}
    defaultColorScheme="auto"
    getStyleNonce={() => nonce}
  >
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
)
