import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useUpdateAccount, type Account } from '../../api/account-changes.ts'
import { accountQuery } from '../../api/accounts.ts'
import { ApiProblem } from '../../api/problem.ts'
import { useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { fieldErrors, isBeside } from '../../ui/field-errors.ts'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { accountChecks, accountFields } from './account-fields.ts'
import { AccountSwitch } from './account-switch.tsx'
import { DeleteAccount } from './delete-account.tsx'
import classes from './operator.module.css'

const words = strings.operator

export function AccountSettings({ id }: { id: string }) {
  const isAdmin = useSession().scope === 'admin'
  // An error is the page's to show.
  const { data: account } = useQuery(accountQuery(id))
  if (account === undefined) return <LoadingRows />
  if (account === null) return null
  return <Parts account={account} isAdmin={isAdmin} />
}

function Parts({ account, isAdmin }: { account: Account; isAdmin: boolean }) {
  const update = useUpdateAccount(account)
  return (
    <Stack>
      <section className={classes['section']}>
        {isAdmin ? (
          // Anew if somebody else has changed it: what is there now is shown.
          <Fields key={account.etag} account={account} update={update} />
        ) : (
          <Facts account={account} />
        )}
      </section>
      {isAdmin && <AccountSwitch account={account} />}
      {isAdmin && <DeleteAccount account={account} />}
    </Stack>
  )
}

function Fields({
  account,
  update: { mutate, isPending, error, isSuccess },
}: {
  account: Account
  update: ReturnType<typeof useUpdateAccount>
}) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: account.name, country: account.country },
    validate: accountChecks,
  })
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) =>
        mutate(accountFields(values), { onError: (problem) => form.setErrors(fieldErrors(problem)) }),
      )}
    >
      <Stack gap="sm">
        <TextInput
          label={words.account.name}
          autoComplete="off"
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <TextInput
          label={words.account.country}
          description={words.account.countryHelp}
          autoComplete="off"
          maxLength={2}
          key={form.key('country')}
          {...form.getInputProps('country')}
        />
        <Ids account={account} />
        {isBeside(error, ['name', 'country']) && <Failed error={error} />}
        <Group justify="flex-end">
          <Text role="status" c="dimmed">
            {isSuccess && words.account.saved}
          </Text>
          <Button type="submit" loading={isPending}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What went wrong with a change of the account. */
export function Failed({ error }: { error: Error }) {
  const isOld = error instanceof ApiProblem && error.status === 412
  return <ErrorPanel error={error} {...(isOld && { title: words.account.changedMeanwhile })} />
}

function Facts({ account }: { account: Account }) {
  const isOn = account.webhooks_enabled
  return (
    <Stack gap="sm">
      <Title order={2}>{words.accountTabs.settings}</Title>
      <dl className={classes['facts']}>
        <dt>{words.account.name}</dt>
        <dd>{account.name}</dd>
        <dt>{words.account.switch}</dt>
        <dd>
          <StatusBadge tone={isOn ? 'good' : 'warn'}>{isOn ? words.on : words.off}</StatusBadge>
        </dd>
        <dt>{words.account.country}</dt>
        <dd>{account.country}</dd>
      </dl>
      <Ids account={account} />
      <Text size="sm" c="dimmed">
        {words.account.noChange}
      </Text>
    </Stack>
  )
}

function Ids({ account }: { account: Account }) {
  return (
    <dl className={classes['facts']}>
      <dt>{words.account.id}</dt>
      <dd>{account.id}</dd>
      <dt>{words.account.created}</dt>
      <dd>
        <Time at={account.created_at} />
      </dd>
      <dt>{words.account.updated}</dt>
      <dd>
        <Time at={account.updated_at} />
      </dd>
    </dl>
  )
}
