import { NumberInput, Select, TextInput } from '@mantine/core'
import { strings } from '../../strings.ts'
import { Choice } from '../../ui/choice.tsx'
import type { Shown } from './applies.ts'
import { durationText } from './duration.ts'
import { Place, under } from './place.tsx'
import type { WebhookFormState } from './use-webhook-form.ts'
import classes from './webhook-form.module.css'

const words = strings.webhookForm
const { fields, help, choices } = words

type ChoiceField = keyof typeof choices

/** A field that is one of a few, with their words. */
function FieldChoice({
  form,
  field,
  help: about,
}: {
  form: WebhookFormState
  field: ChoiceField
  help?: string
}) {
  return (
    <Choice<string>
      label={fields[field]}
      path={field}
      data={Object.entries(choices[field]).map(([value, label]) => ({ value, label }))}
      value={form.values[field]}
      // Safe: a field has words for all its values, and for nothing else.
      onChange={(value) => form.set(field, value as never)}
      {...under(form, field, about)}
    />
  )
}

/** Where it is sent, and how it is written. */
export function RequestFields({ form, shown }: { form: WebhookFormState; shown: Shown }) {
  const { values, set } = form
  return (
    <>
      <Place form={form} path="url">
        <TextInput
          label={fields.url}
          required
          type="url"
          autoComplete="off"
          spellCheck={false}
          value={values.url}
          onChange={(event) => set('url', event.currentTarget.value)}
          {...under(form, 'url', help.url)}
        />
      </Place>
      <div className={classes['row']}>
        <FieldChoice form={form} field="method" />
        {shown.contentType && <FieldChoice form={form} field="content_type" />}
      </div>
      <div className={classes['row']}>
        <FieldChoice form={form} field="date_time_format" />
        <Place form={form} path="time_zone">
          <Select
            label={fields.time_zone}
            searchable
            allowDeselect={false}
            limit={60}
            nothingFoundMessage={words.nothingFound}
            data={zonesWith(values.time_zone)}
            value={values.time_zone}
            onChange={(zone) => set('time_zone', zone ?? values.time_zone)}
            {...under(form, 'time_zone')}
          />
        </Place>
      </div>
    </>
  )
}

/** The product's two first, then all that the browser knows, and what is chosen. */
function zonesWith(chosen: string) {
  const known = new Set([...Object.keys(words.zones), ...Intl.supportedValuesOf('timeZone'), chosen])
  return [...known].map((value) => ({ value, label: words.zones[value] ?? value }))
}

/** What most never change. */
export function MoreFields({ form, shown }: { form: WebhookFormState; shown: Shown }) {
  const { values, set } = form
  const seconds = Number(values.max_age_seconds)
  const age = Number.isInteger(seconds) && seconds >= 60 ? help.seconds(durationText(seconds)) : null
  return (
    <>
      <div className={classes['row']}>
        <FieldChoice form={form} field="body" />
        {shown.valueTypes && <FieldChoice form={form} field="value_types" />}
        {shown.nestedForm && <FieldChoice form={form} field="nested_form" />}
      </div>
      <FieldChoice form={form} field="ordering" help={help.ordering} />
      <div className={classes['row']}>
        <Place form={form} path="rate_limit">
          <NumberInput
            label={fields.rate_limit}
            hideControls
            value={values.rate_limit}
            onChange={(value) => set('rate_limit', value)}
            {...under(form, 'rate_limit', help.rate_limit)}
          />
        </Place>
        <Place form={form} path="max_age_seconds">
          <NumberInput
            label={fields.max_age_seconds}
            hideControls
            value={values.max_age_seconds}
            onChange={(value) => set('max_age_seconds', value)}
            {...under(form, 'max_age_seconds', age ?? help.max_age_seconds)}
          />
        </Place>
      </div>
    </>
  )
}
