import { Hono, type Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { auditRoutes } from './audit/routes.ts'
import { authenticate } from './auth/authenticate.ts'
import type { AppEnv } from './auth/principal.ts'
import { accountRoutes } from './accounts/routes.ts'
import { encryptionRoutes } from './encryption/routes.ts'
import { keyRoutes } from './keys/routes.ts'
import { numberRoutes } from './numbers/routes.ts'
import { operationalRoutes } from './webhooks/operational-routes.ts'
import { triggerRoutes } from './triggers/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { webhookSecretRoutes } from './webhooks/secret-routes.ts'
import { webhookStatusRoutes } from './webhooks/status-routes.ts'
import { webhookTryRoutes } from './webhooks/try-routes.ts'
import { callRoutes } from './calls/routes.ts'
import { apiDocument, type ApiDocument } from './docs/document.ts'
import { docsRoutes } from './docs/routes.tsx'
import { report } from '../lib/failure.ts'
import { ingestRoutes } from './events/routes.ts'
import { Problem, problemOf } from './http/problem.ts'
import { responseHeaders } from './http/headers.ts'
import { replayRoutes } from './replays/routes.ts'
import { deliveryRoutes, webhookDeliveryRoutes } from './deliveries/routes.ts'

const document = (): Promise<ApiDocument> => apiDocument(app)

// Named before the chain, since what it answers to a wrong method is read off its routes.
const hono = new Hono<AppEnv>()

export const app = hono
  .use(responseHeaders)
  .use(methodNotAllowed({ app: hono, onMethodNotAllowed }))
  .use('/v1/*', authenticate)
  .route('/', docsRoutes(document))
  .route('/v1/events', ingestRoutes)
  .route('/v1', webhookRoutes)
  .route('/v1', webhookStatusRoutes)
  .route('/v1', webhookTryRoutes)
  .route('/v1', webhookSecretRoutes)
  .route('/v1', operationalRoutes)
  .route('/v1/webhooks', webhookDeliveryRoutes)
  .route('/v1', replayRoutes)
  .route('/v1/deliveries', deliveryRoutes)
  .route('/v1/calls', callRoutes)
  .route('/v1', triggerRoutes)
  .route('/v1', accountRoutes)
  .route('/v1', keyRoutes)
  .route('/v1', numberRoutes)
  .route('/v1', auditRoutes)
  .route('/v1', encryptionRoutes)

function onMethodNotAllowed(c: Context, methods: string[]): Response {
  // A path that is spelled out (`/webhooks/preview`) is a route of its own, though `/webhooks/{id}` fits it as well.
  const own = hono.routes.filter((each) => each.path === c.req.path).map((each) => each.method)
  const taken = methods.filter((method) => own.includes(method === 'HEAD' ? 'GET' : method))
  const allow = (taken.length > 0 ? taken : methods).join(', ')
  const answer = new Problem('method_not_allowed', `This route takes ${allow}`).toResponse()
  answer.headers.set('allow', allow)
  return answer
}

app.notFound(() => new Problem('not_found', 'There is no such route').toResponse())

app.onError((error) => {
  if (error instanceof Problem) return error.toResponse()
  if (error instanceof HTTPException) return error.getResponse()
  report('request', error)
  return problemOf(error).toResponse()
})

/** For typed clients: `hc<AppType>(url)`. */
export type AppType = typeof app
