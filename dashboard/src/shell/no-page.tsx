import { Button } from '@mantine/core'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { strings } from '../strings.ts'
import { EmptyPanel } from '../ui/empty-panel.tsx'
import { ErrorPanel } from '../ui/error-panel.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import classes from './shell.module.css'

export function NoPage() {
  const { noPage, noPageWhy, toWebhooks } = strings.errors
  return (
    <main className={classes['main']}>
      <PageHeader title={noPage} />
      <EmptyPanel title={noPage} why={noPageWhy}>
        <Button renderRoot={(props) => <Link to="/webhooks" {...props} />}>{toWebhooks}</Button>
      </EmptyPanel>
    </main>
  )
}

/** What a page threw, or could not load. */
export function PageError({ error }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <main className={classes['main']}>
      <PageHeader title={strings.errors.title} />
      <ErrorPanel error={error} retry={() => void router.invalidate()} />
    </main>
  )
}
