/** The API's own description, which its reference is made from. */
import { app } from '../src/api/app.ts'
import { apiDocument } from '../src/api/docs/document.ts'

export const document = await apiDocument(app)
