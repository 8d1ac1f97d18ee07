import '@mantine/core/styles.css'
import './global.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { sessionQuery } from './api/session.ts'
import { forgetPanel, panelIs, startTalking, tellSignedOut } from './embed/host.ts'
import { takeLook } from './embed/frame-look.ts'
import { Themed } from './embed/themed.tsx'
import { isEmbedded, pathHere } from './place.ts'
import { takePortalLink } from './portal-link.ts'
import { newQueries } from './queries.ts'
import { newRouter, toSignIn } from './router.tsx'

// First of all: the address bar must not keep the token.
const isOpenedByLink = takePortalLink()
if (isEmbedded) takeLook(isOpenedByLink)
if (isOpenedByLink) window.history.replaceState(null, '', pathHere('/sign-in'))

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
    forgetPanel()
    queries.clear()
    void router.navigate({ to: '/sign-in', search: {}, ignoreBlocker: true })
  }
})

const place = document.querySelector('#root')
if (place === null) throw new Error('index.html has no #root')
if (isEmbedded) {
  startTalking(place)
  router.subscribe('onResolved', ({ toLocation }) => {
    const session = queries.getQueryData(sessionQuery.queryKey)
    if (session !== undefined) panelIs(session.embed_origin, place)
    else if (toLocation.pathname === '/sign-in') tellSignedOut('expired' in toLocation.search)
  })
}
createRoot(place).render(
  <Themed nonce={nonce}>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </Themed>,
)
