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
  notFound,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { AUDIT_ACTIONS, type AuditFilters } from './api/audit.ts'
import { ApiProblem } from './api/problem.ts'
import { sessionQuery } from './api/session.ts'
import { ACCOUNT_TABS, OPERATOR_TABS, type AccountTab, type OperatorTab } from './pages/operator/tabs.ts'
import { CALL_TYPES, STATUSES } from './api/webhooks.ts'
import { ORDERS, type WebhooksSearch } from './pages/webhooks/search.ts'
import { readWebhookSearch } from './pages/webhook/search.ts'
import type { CallFilters } from './api/call-list.ts'
import { ASKED_STATUSES, ATTEMPT_ERRORS, type DeliveryFilters } from './api/deliveries.ts'
import type { ReplayFilters } from './api/replays.ts'
import { basePath, isEmbedded, safePath } from './place.ts'
import { callSearch, type CallSearch } from './pages/calls/call-search.ts'
import { oneOf, parseSearch, stringifySearch, textOf } from './search.ts'
import { NoPage, PageError } from './shell/no-page.tsx'
import { Shell } from './shell/shell.tsx'
import { timeOf } from './ui/when.ts'

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
  validateSearch: (search): WebhooksSearch => ({
    status: oneOf(STATUSES, search['status']),
    trigger: textOf(search['trigger']),
    call_type: oneOf(CALL_TYPES, search['call_type']),
    q: textOf(search['q']),
    sort: oneOf(ORDERS, search['sort']),
    cursor: textOf(search['cursor']),
  }),
  component: lazyRouteComponent(() => import('./pages/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})

const call = createRoute({
  getParentRoute: () => signedIn,
  path: '/calls/$callId',
  validateSearch: callSearch,
  component: lazyRouteComponent(() => import('./pages/calls/call-page.tsx'), 'CallPage'),
})

/** The same of a call whose id no path carries, as the API has it (`callPath`). */
const callByQuery = createRoute({
  getParentRoute: () => signedIn,
  path: '/call',
  validateSearch: (search): CallSearch & { call_id: string } => ({
    call_id: textOf(search['call_id']) ?? '',
    ...callSearch(search),
  }),
  component: lazyRouteComponent(() => import('./pages/calls/call-page.tsx'), 'CallByQueryPage'),
})

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/audit',
  staticData: { needsNoAccount: true },
  validateSearch: (search): AuditFilters & { everywhere?: 'yes' | undefined } => ({
    action: oneOf(AUDIT_ACTIONS, search['action']),
    object_id: textOf(search['object_id']),
    since: textOf(search['since']),
    until: textOf(search['until']),
    everywhere: oneOf(['yes'], search['everywhere']),
    cursor: textOf(search['cursor']),
  }),
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
})

const operator = createRoute({
  getParentRoute: () => signedIn,
  path: '/operator',
  staticData: { needsNoAccount: true },
  validateSearch: (search): { tab?: OperatorTab | undefined } => ({
    tab: oneOf(OPERATOR_TABS, search['tab']),
  }),
  beforeLoad: ({ context }) => {
    if (isEmbedded) notFound({ throw: true })
    if (context.session.scope !== 'admin') redirect({ to: '/operator/account', replace: true, throw: true })
  },
  component: lazyRouteComponent(() => import('./pages/operator/operator-page.tsx'), 'OperatorPage'),
})

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/operator/account',
  beforeLoad: () => {
    if (isEmbedded) notFound({ throw: true })
  },
  validateSearch: (search): { tab?: AccountTab | undefined } => ({ tab: oneOf(ACCOUNT_TABS, search['tab']) }),
  component: lazyRouteComponent(() => import('./pages/operator/account-page.tsx'), 'AccountPage'),
})

const webhook = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks/$webhookId',
  validateSearch: readWebhookSearch,
  component: lazyRouteComponent(() => import('./pages/webhook/webhook-page.tsx'), 'WebhookPage'),
})

const newWebhook = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks/new',
  validateSearch: (search): { clone?: string | undefined } => ({ clone: textOf(search['clone']) }),
  component: lazyRouteComponent(() => import('./pages/webhook-form/webhook-form-page.tsx'), 'NewWebhookPage'),
})

const editWebhook = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks/$webhookId/edit',
  component: lazyRouteComponent(
    () => import('./pages/webhook-form/webhook-form-page.tsx'),
    'EditWebhookPage',
  ),
})

/** A place in a list that is paged. */
interface Paged {
  cursor?: string | undefined
}

const calls = createRoute({
  getParentRoute: () => signedIn,
  path: '/calls',
  validateSearch: (search): CallFilters & Paged => ({
    number: textOf(search['number']),
    status: oneOf(ASKED_STATUSES, search['status']),
    trigger: textOf(search['trigger']),
    since: timeOf(search['since']),
    until: timeOf(search['until']),
    cursor: textOf(search['cursor']),
  }),
  component: lazyRouteComponent(() => import('./pages/calls/calls-page.tsx'), 'CallsPage'),
})

const deliveries = createRoute({
  getParentRoute: () => signedIn,
  path: '/deliveries',
  validateSearch: (search): DeliveryFilters & Paged => ({
    webhook_id: textOf(search['webhook_id']),
    status: oneOf(ASKED_STATUSES, search['status']),
    trigger: textOf(search['trigger']),
    status_code: textOf(search['status_code']),
    error: oneOf(ATTEMPT_ERRORS, search['error']),
    call_id: textOf(search['call_id']),
    since: timeOf(search['since']),
    until: timeOf(search['until']),
    cursor: textOf(search['cursor']),
  }),
  component: lazyRouteComponent(() => import('./pages/deliveries/deliveries-page.tsx'), 'DeliveriesPage'),
})

const delivery = createRoute({
  getParentRoute: () => signedIn,
  path: '/deliveries/$deliveryId',
  component: lazyRouteComponent(() => import('./pages/deliveries/delivery-page.tsx'), 'DeliveryPage'),
})

const replays = createRoute({
  getParentRoute: () => signedIn,
  path: '/replays',
  validateSearch: (search): ReplayFilters => ({
    webhook_id: textOf(search['webhook_id']),
    cursor: textOf(search['cursor']),
  }),
  component: lazyRouteComponent(() => import('./pages/replays/replays-page.tsx'), 'ReplaysPage'),
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
    routeTree: root.addChildren([
      signIn,
      signedIn.addChildren([
        first,
        webhooks,
        call,
        callByQuery,
        audit,
        operator,
        account,
        webhook,
        newWebhook,
        editWebhook,
        calls,
        deliveries,
        delivery,
        replays,
        start,
      ]),
    ]),
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
  interface StaticDataRouteOption {
    /** It is shown to an admin who has chosen no account, too. */
    needsNoAccount?: boolean
  }
}
