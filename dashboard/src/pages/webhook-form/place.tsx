import type { ReactNode } from 'react'
import type { WebhookFormState } from './use-webhook-form.ts'
import classes from './webhook-form.module.css'

/** Help and warnings stand under what they are about. */
const ORDER: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/** Where a field stands, by its path: a fault finds it by this, and what was typed is looked at once it is left. */
export function Place({
  form,
  path,
  children,
}: {
  form: WebhookFormState
  path: string
  children: ReactNode
}) {
  return (
    <div data-path={path} onBlur={() => form.visit(path)}>
      {children}
    </div>
  )
}

/** What stands under a field: help, its warning, its fault. */
export function under(form: WebhookFormState, path: string, help?: ReactNode) {
  const warning = form.warningAt(path)
  const error = form.faultAt(path)
  const description =
    warning === null || error !== null ? (
      help
    ) : (
      <>
        {help !== undefined && <>{help} </>}
        <span className={classes['warning']}>
          <span aria-hidden="true">◐ </span>
          {warning}
        </span>
      </>
    )
  return {
    error,
    inputWrapperOrder: ORDER,
    ...(description !== undefined && { description }),
  }
}

/** Puts the focus on the first field that has a fault, in the order of the page. */
export function focusFirstFault(root: HTMLElement | null, hasFault: (path: string) => boolean): void {
  const places = [...(root?.querySelectorAll<HTMLElement>('[data-path]') ?? [])]
  const first = places.find(({ dataset }) => hasFault(dataset['path'] ?? ''))
  const more = first?.closest('details')
  if (more != null) more.open = true
  const input =
    first?.querySelector<HTMLElement>('input:checked') ??
    first?.querySelector<HTMLElement>('input:not([type=hidden]), textarea, button')
  input?.focus()
}
