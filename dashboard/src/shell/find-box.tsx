import { CloseButton, Kbd, Popover, Text, TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { isCall, isDelivery, mayHaveNumber } from '../api/call-list.ts'
import { soughtBy, type Sought } from '../find/sought.ts'
import { callPath } from '../place.ts'
import { strings } from '../strings.ts'
import { ErrorPanel } from '../ui/error-panel.tsx'
import { useHref } from '../ui/path-link.tsx'
import { useAccount } from './account.ts'
import classes from './find-box.module.css'

const words = strings.finding

/** Where what is sought is; null if there is no such thing. Of a number the list of calls says so itself. */
type Place = { delivery: string } | { call: string } | { number: string } | null

async function placeOf(account: string, sought: Exclude<Sought, { kind: 'nothing' }>): Promise<Place> {
  switch (sought.kind) {
    case 'delivery':
      return (await isDelivery(sought.id)) ? { delivery: sought.id } : null
    case 'call':
      return (await isCall(account, sought.id)) ? { call: sought.id } : null
    case 'number':
      return { number: sought.number }
    case 'call_or_number':
      // Digits are a number more often than not.
      if (await mayHaveNumber(account, sought.text)) return { number: sought.text }
      return (await isCall(account, sought.text)) ? { call: sought.text } : null
  }
}

/** One box for whatever the customer on the phone can read out. */
export function FindBox() {
  const account = useAccount()
  const navigate = useNavigate()
  const router = useRouter()
  const hrefOf = useHref()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  useHotkeys([['/', () => input.current?.focus()]])
  const { mutate, data, variables, error, isPending, reset } = useMutation({
    mutationFn: async (sought: Exclude<Sought, { kind: 'nothing' }>) => placeOf(account, sought),
    onSuccess: (place) => {
      if (place === null) return
      reset()
      setText('')
      input.current?.blur()
      if ('delivery' in place) {
        void navigate({ to: '/deliveries/$deliveryId', params: { deliveryId: place.delivery } })
      } else if ('number' in place) {
        void navigate({ to: '/calls', search: { number: place.number } })
      } else {
        router.history.push(hrefOf(callPath(place.call)))
      }
    },
  })
  const find = (): void => {
    const sought = soughtBy(text)
    if (sought.kind !== 'nothing') mutate(sought)
  }
  const isTold = error !== null || data === null
  return (
    <Popover opened={isTold} onChange={reset} position="bottom-start" width={360} trapFocus={false}>
      <Popover.Target>
        <form
          role="search"
          className={classes['form']}
          onSubmit={(event) => {
            event.preventDefault()
            find()
          }}
        >
          <TextInput
            ref={input}
            size="xs"
            aria-label={words.label}
            placeholder={words.placeholder}
            title={words.hint}
            autoComplete="off"
            spellCheck={false}
            value={text}
            disabled={isPending}
            onChange={(event) => {
              setText(event.currentTarget.value)
              reset()
            }}
            onKeyDown={(event) => {
              if (event.key === 'Escape') input.current?.blur()
            }}
            rightSection={
              text === '' ? (
                <Kbd size="xs" aria-hidden="true">
                  /
                </Kbd>
              ) : (
                <CloseButton size="xs" aria-label={words.clear} onClick={() => setText('')} />
              )
            }
          />
        </form>
      </Popover.Target>
      <Popover.Dropdown>
        {error !== null && <ErrorPanel error={error} />}
        {data === null && variables !== undefined && <Nothing sought={variables} />}
      </Popover.Dropdown>
    </Popover>
  )
}

/** That nothing was found, and what was looked for. */
function Nothing({ sought }: { sought: Sought }) {
  return (
    <div role="status">
      <Text fw={600}>{words.none}</Text>
      <Text size="sm">
        {sought.kind === 'delivery' && words.noDelivery(sought.id)}
        {sought.kind === 'call' && words.noCall(sought.id)}
        {sought.kind === 'call_or_number' && words.noCallOrNumber(sought.text)}
      </Text>
      <Text size="sm" c="dimmed" mt={4}>
        {sought.kind === 'call' && `${words.digits} `}
        {words.retention}
      </Text>
    </div>
  )
}
