import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { ApiProblem } from '../../api/problem.ts'
import { useFirstWebhook } from '../../api/start.ts'
import { testReceiver } from '../../place.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { SAMPLE_TRIGGERS } from './sample-call.ts'
import classes from './start-page.module.css'

const words = strings.start.webhook

/** The first webhook: to the test receiver, if there is one, or to a URL of the customer's own. */
export function MakeWebhook({ account, onMade }: { account: string; onMade: (id: string) => void }) {
  const { mutate, isPending, error, variables } = useFirstWebhook(account)
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { url: '' },
    validate: { url: (url) => (url.trim() === '' ? words.required : null) },
  })
  const make = (url: string) =>
    mutate(
      { name: words.name, description: words.description, url, triggers: [...SAMPLE_TRIGGERS] },
      {
        onSuccess: ({ id }) => onMade(id),
        onError: (problem) => {
          const fault =
            problem instanceof ApiProblem ? problem.faults.find(({ path }) => path === 'url') : undefined
          if (fault !== undefined && url !== testReceiver) form.setFieldError('url', fault.message)
        },
      },
    )
  const receiver = testReceiver
  const isOwn = variables?.url !== receiver
  // What is wrong with the URL alone is said at its field.
  const isSaidThere = form.errors['url'] !== undefined && isOwn
  return (
    <Stack gap="md">
      <p className={classes['why']}>{words.why}</p>
      {receiver !== null && (
        <div>
          <Button loading={isPending && !isOwn} onClick={() => make(receiver)}>
            {words.receiver}
          </Button>
          <Text size="sm" c="dimmed" mt={6} maw="40rem">
            {words.receiverWhy}
          </Text>
        </div>
      )}
      <form onSubmit={form.onSubmit(({ url }) => make(url.trim()))}>
        <TextInput
          label={receiver === null ? words.ownFirst : words.own}
          description={words.ownHelp}
          placeholder="https://example.com/webhooks"
          inputMode="url"
          autoComplete="off"
          maw="32rem"
          classNames={{ input: classes['url'] ?? '' }}
          key={form.key('url')}
          {...form.getInputProps('url')}
        />
        <Group mt="sm">
          <Button
            type="submit"
            variant={receiver === null ? 'filled' : 'default'}
            loading={isPending && isOwn}
          >
            {words.submit}
          </Button>
        </Group>
      </form>
      {error !== null && !isSaidThere && <ErrorPanel error={error} />}
    </Stack>
  )
}
