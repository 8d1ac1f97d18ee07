import { NativeSelect, SegmentedControl, Title } from '@mantine/core'
import { useState } from 'react'
import type { Preview } from '../../api/webhook-form.ts'
import type { Trigger } from './types.ts'
import { oneOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { indentJson, pairsOfForm } from '../../ui/pretty.ts'
import type { WebhookFormState } from './use-webhook-form.ts'
import { FIELDS } from './values.ts'
import formClasses from './webhook-form.module.css'
import classes from './preview-panel.module.css'

const words = strings.webhookForm.preview
const VIEWS = ['readable', 'asSent'] as const
type View = (typeof VIEWS)[number]

/** What goes out for a sample call, as the form is now. */
export function PreviewPanel({ form, triggers }: { form: WebhookFormState; triggers: readonly Trigger[] }) {
  const [view, setView] = useState<View>('readable')
  const { preview, trigger, canPreview } = form
  const answer = canPreview ? preview.data : undefined
  return (
    <section aria-label={words.title}>
      <Title order={2}>{words.title}</Title>
      <p className={formClasses['lead']}>{words.lead}</p>
      {trigger !== null && (
        <div className={classes['controls']}>
          <NativeSelect
            size="xs"
            aria-label={words.sample}
            value={trigger}
            data={form.values.triggers.map((slug) => ({
              value: slug,
              label: triggers.find((each) => each.slug === slug)?.name ?? slug,
            }))}
            onChange={(event) => form.setSample(event.currentTarget.value)}
          />
          <SegmentedControl
            size="xs"
            aria-label={words.view}
            value={view}
            data={VIEWS.map((value) => ({ value, label: words[value] }))}
            onChange={(value) => setView(oneOf(VIEWS, value) ?? 'readable')}
          />
        </div>
      )}
      {!canPreview && (
        <p className={classes['quiet']}>{trigger === null ? words.needsTrigger : words.needsUrl}</p>
      )}
      {canPreview && preview.error !== null && (
        <ErrorPanel error={preview.error} retry={() => void preview.refetch()} />
      )}
      <div aria-busy={form.isStale} data-stale={form.isStale} className={classes['answer']}>
        {answer?.ok === true && <Request request={answer.request} view={view} />}
        {answer?.ok === false && <Faults form={form} />}
      </div>
    </section>
  )
}

function Faults({ form }: { form: WebhookFormState }) {
  return (
    <div className={classes['faults']}>
      {words.cannot}
      <ul>
        {form.told.map(({ path, message }) => (
          <li key={path + message}>
            <strong>{labelOf(path)}</strong> {message}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** A field, or one of its rows, as the form calls it. */
function labelOf(path: string): string {
  const { fields, pairs } = strings.webhookForm
  const [head, row, part] = path.split('.')
  if ((head === 'headers' || head === 'parameters') && row !== undefined)
    return pairs[head][part === 'value' ? 'value' : 'key'](Number(row) + 1)
  const field = FIELDS.find((each) => each === head)
  return field === undefined ? path : fields[field]
}

function Request({ request, view }: { request: Preview; view: View }) {
  const { method, url, headers, body } = request
  const type = headers.find(({ key }) => key === 'content-type')?.value ?? ''
  const question = url.indexOf('?')
  const query = question === -1 ? '' : url.slice(question + 1)
  const isReadable = view === 'readable'
  return (
    <>
      <p className={classes['line']}>
        <strong>{method}</strong> {isReadable && question !== -1 ? url.slice(0, question) : url}
      </p>
      {isReadable && query !== '' && (
        <>
          <h3 className={classes['part']}>{words.query}</h3>
          <Pairs pairs={pairsOfForm(query)} />
        </>
      )}
      <h3 className={classes['part']}>{words.headers}</h3>
      <Pairs pairs={headers} />
      <div className={classes['head']}>
        <h3 className={classes['part']}>{body === null ? words.noBody : words.body}</h3>
        <CopyButton text={textOf(request)} what={words.theRequest} />
      </div>
      {body !== null &&
        (isReadable && type.startsWith('application/x-www-form-urlencoded') ? (
          <Pairs pairs={pairsOfForm(body)} />
        ) : (
          <pre className={classes['body']} tabIndex={0} aria-label={words.body} role="region">
            {isReadable ? <Json text={indentJson(body)} /> : body}
          </pre>
        ))}
    </>
  )
}

function Pairs({ pairs }: { pairs: readonly { key: string; value: string }[] }) {
  return (
    <dl className={classes['pairs']}>
      {pairs.map(({ key, value }, index) => (
        // A name may be there twice.
        <div key={`${index} ${key}`}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** JSON with its names set off. */
function Json({ text }: { text: string }) {
  return text.split(/^( *"(?:\\.|[^"\\])*")(?=: )/m).map((part, index) =>
    // Every second one is a name; nothing of it moves.
    index % 2 === 0 ? part : <span key={`${index} ${part}`}>{part}</span>,
  )
}

/** The request as HTTP writes it. */
function textOf({ method, url, headers, body }: Preview): string {
  const lines = [`${method} ${url}`, ...headers.map(({ key, value }) => `${key}: ${value}`)]
  return body === null ? lines.join('\n') : [...lines, '', body].join('\n')
}
