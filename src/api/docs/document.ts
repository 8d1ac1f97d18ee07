import type { Env, Hono, Schema } from 'hono'
import { generateSpecs } from 'hono-openapi'
import { version } from '../../../package.json'
import { eventDocument } from '../events/document.ts'
import { withExamples } from './examples.ts'
import { INTRODUCTION } from './introduction.ts'
import { SECURITY, TAGS } from './operation.ts'
import type { ApiDocument } from './operations.ts'

export { version }
export type { ApiDocument }

/** The OpenAPI 3.1 document of everything that is mounted on the app. */
export async function apiDocument<E extends Env, S extends Schema>(app: Hono<E, S>): Promise<ApiDocument> {
  const document = await generateSpecs(app, {
    excludeStaticFile: false,
    // It would be a 400 in a shape that we never answer with; each route names its own.
    defaultValidationErrorResponse: false,
    documentation: {
      openapi: '3.1.0',
      info: {
        title: 'Call webhook relay',
        version,
        description: INTRODUCTION,
      },
      servers: [{ url: '/' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      security: SECURITY,
      components: {
        // It is valibot's, and no resolver of zod's brings it along.
        schemas: { EventCreate: eventDocument as object },
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer KEY`.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-relay',
            description:
              'A browser session (`POST /v1/session`). What is no GET has to come from a page of the relay. In a frame ' +
              'the cookie is `__Host-relay-embed`; over plain http both have no `__Host-`.',
          },
        },
      },
    },
  })
  return withExamples(document)
}
