import { MultiSelect } from '@mantine/core'
import type { Trigger } from './types.ts'
import { strings } from '../../strings.ts'
import { Place, under } from './place.tsx'
import type { WebhookFormState } from './use-webhook-form.ts'
import classes from './webhook-form.module.css'

const words = strings.webhookForm

/** The catalogue, with what is deprecated at its end. */
export function TriggerSelect({ form, triggers }: { form: WebhookFormState; triggers: readonly Trigger[] }) {
  const options = (isDeprecated: boolean) =>
    triggers
      .filter(({ deprecated }) => deprecated === isDeprecated)
      .map(({ slug, name }) => ({ value: slug as string, label: name }))
  return (
    <Place form={form} path="triggers">
      <MultiSelect
        label={words.fields.triggers}
        required
        searchable
        clearable
        clearButtonProps={{ 'aria-label': `${strings.common.clear}: ${words.fields.triggers}` }}
        hidePickedOptions
        maxDropdownHeight={340}
        nothingFoundMessage={words.nothingFound}
        data={[...options(false), { group: words.deprecated, items: options(true) }]}
        renderOption={({ option }) => {
          const trigger = triggers.find(({ slug }) => slug === option.value)
          const types = trigger?.call_types.map((type) => strings.webhooks.callTypes[type]).join(', ')
          return (
            <div className={classes['option']}>
              <span>{option.label}</span>
              <small>
                {trigger?.description} {types}
              </small>
            </div>
          )
        }}
        value={form.values.triggers}
        onChange={(chosen) =>
          form.set(
            'triggers',
            // In the order in which they were chosen: the first is what a test and the sample are of.
            chosen.flatMap((slug) => triggers.find((each) => each.slug === slug)?.slug ?? []),
          )
        }
        {...under(form, 'triggers', words.help.triggers)}
      />
    </Place>
  )
}
