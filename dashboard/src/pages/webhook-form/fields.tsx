import { MultiSelect, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ownNumbersQuery } from '../../api/webhook-form.ts'
import type { Trigger } from './types.ts'
import { strings } from '../../strings.ts'
import { Choice } from '../../ui/choice.tsx'
import { callTypesFor, outboundTypesFor, type Shown } from './applies.ts'
import { Place, under } from './place.tsx'
import { TriggerSelect } from './trigger-select.tsx'
import type { WebhookFormState } from './use-webhook-form.ts'

const words = strings.webhookForm
const { fields, help } = words

/** What it is called. */
export function WhatFields({ form }: { form: WebhookFormState }) {
  const { values, set } = form
  return (
    <>
      <Place form={form} path="name">
        <TextInput
          label={fields.name}
          required
          autoComplete="off"
          value={values.name}
          onChange={(event) => set('name', event.currentTarget.value)}
          {...under(form, 'name')}
        />
      </Place>
      <Place form={form} path="description">
        <Textarea
          label={fields.description}
          autosize
          minRows={1}
          maxRows={6}
          value={values.description}
          onChange={(event) => set('description', event.currentTarget.value)}
          {...under(form, 'description')}
        />
      </Place>
    </>
  )
}

/** For which calls, and when in them. */
export function WhenFields({
  form,
  shown,
  triggers,
  account,
}: {
  form: WebhookFormState
  shown: Shown
  triggers: readonly Trigger[]
  account: string
}) {
  const { values, set } = form
  const callTypes = callTypesFor(values, triggers)
  const outboundTypes = outboundTypesFor(values, triggers)
  return (
    <>
      <TriggerSelect form={form} triggers={triggers} />
      <Choice
        label={fields.call_type}
        path="call_type"
        data={callTypes.map((value) => ({ value, label: strings.webhooks.callTypes[value] }))}
        value={values.call_type}
        onChange={(value) => set('call_type', value)}
        {...under(form, 'call_type')}
      />
      {shown.outboundTypes && (
        <Place form={form} path="outbound_types">
          <MultiSelect
            label={fields.outbound_types}
            placeholder={values.outbound_types.length === 0 ? words.every : ''}
            data={outboundTypes.map((value) => ({
              value,
              label: strings.webhooks.outboundTypes[value] ?? value,
            }))}
            value={values.outbound_types}
            onChange={(chosen) =>
              set(
                'outbound_types',
                outboundTypes.filter((type) => chosen.includes(type)),
              )
            }
            {...under(form, 'outbound_types')}
          />
        </Place>
      )}
      {shown.numbers && <Numbers form={form} account={account} />}
    </>
  )
}

const MOST_OPTIONS = 100

function Numbers({ form, account }: { form: WebhookFormState; account: string }) {
  const { data } = useQuery(ownNumbersQuery(account))
  const { values, set } = form
  const options = (data ?? []).map(({ number, label }) => ({
    value: number,
    label: label === '' ? number : `${number} · ${label}`,
  }))
  // One that has left the account is still a choice, until it is taken out.
  for (const number of values.numbers)
    if (!options.some(({ value }) => value === number)) options.push({ value: number, label: number })
  return (
    <Place form={form} path="numbers">
      <MultiSelect
        label={fields.numbers}
        placeholder={values.numbers.length === 0 ? words.every : ''}
        searchable
        limit={MOST_OPTIONS}
        nothingFoundMessage={words.nothingFound}
        data={options}
        value={values.numbers}
        onChange={(chosen) => set('numbers', chosen)}
        {...under(form, 'numbers', data?.length === 0 ? help.noNumbers : help.numbers)}
      />
    </Place>
  )
}
