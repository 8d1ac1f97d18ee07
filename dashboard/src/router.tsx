/**
 * The pages. One joins by a route here, a link in `shell/navigation.tsx`, its words in `strings.ts`, and its path in
 * `DASHBOARD_PAGES` (src/api/dashboard/routes.ts), which is what the Worker answers with the dashboard:
 *
 *     const callsRoute = createRoute({
 *       getParentRoute: () => signedIn,
 *       path: '/calls',
 *       validateSearch: (search) => ({ number: textOf(search['number']) }),
 *       component: lazyRouteComponent(() => import('./pages/calls/calls-page.tsx'), 'CallsPage'),
 *     })
 *
 * Pages are loaded once they are gone to. They read the URL by `useSearch({ from: '/signed-in/calls' })`, and import
 * nothing of this file.
 */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { ApiProblem } from './api/problem.ts'
import { sessionQuery } from './api/session.ts'
import { STATUSES, type WebhookFilters } from './api/webhooks.ts'
import { basePath, safePath } from './place.ts'
import { oneOf, parseSearch, stringifySearch, textOf } from './search.ts'
import { NoPage, PageError } from './shell/no-page.tsx'
import { Shell } from './shell/shell.tsx'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NoPage,
  errorComponent: PageError,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { back?: string | undefined; expired?: 'yes' | undefined } => ({
    back: textOf(search['back']),
    expired: oneOf(['yes'], search['expired']),
  }),
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
})

/** All that only who is signed in may see. `account` is whose, if that is an admin's to choose. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  validateSearch: (search): { account?: string | undefined } => ({ account: textOf(search['account']) }),
  search: {
    // A link need not name it to keep it.
    middlewares: [
      ({ search, next }) => {
        const result = next(search)
        return { ...result, account: result.account ?? search.account }
      },
    ],
  },
  beforeLoad: async ({ context }) => {
    try {
      return { session: await context.queries.ensureQueryData(sessionQuery) }
    } catch (error) {
      if (error instanceof ApiProblem && error.isSignedOut) redirect({ ...toSignIn(error), throw: true })
      throw error
    }
  },
  component: Shell,
})

const first = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    redirect({ to: '/webhooks', replace: true, throw: true })
  },
})

const webhooks = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks',
  validateSearch: (search): WebhookFilters => ({
    status: oneOf(STATUSES, search['status']),
    q: textOf(search['q']),
    cursor: textOf(search['cursor']),
  }),
  component: lazyRouteComponent(() => import('./pages/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})

const start = createRoute({
  getParentRoute: () => signedIn,
  path: '/start',
  validateSearch: (search): StartSearch => ({
    webhook: textOf(search['webhook']),
    call: textOf(search['call']),
  }),
  component: lazyRouteComponent(() => import('./pages/start/start-page.tsx'), 'StartPage'),
})

/** How far one has come. */
export interface StartSearch {
  /** The id of the webhook that was made. */
  webhook?: string | undefined
  /** The id of the sample call that was played. */
  call?: string | undefined
}

/** To sign in, and then back to where the address bar is now. */
export function toSignIn(problem: ApiProblem): {
  to: '/sign-in'
  search: { back: string; expired?: 'yes' }
} {
  const { pathname, search } = window.location
  const back = safePath(pathname + search)
  const isOver = problem.code === 'session_expired'
  return { to: '/sign-in', search: isOver ? { back, expired: 'yes' } : { back } }
}

export function newRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([signIn, signedIn.addChildren([first, webhooks, start])]),
    context: { queries },
    basepath: basePath,
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}
