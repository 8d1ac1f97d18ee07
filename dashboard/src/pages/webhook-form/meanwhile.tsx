import { Button, Group, Radio, Text } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Trigger } from './types.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { keptOf, openOf, type Choices, type Difference, type Fate, type Side } from './merge.ts'
import { valueLines } from './value-text.ts'
import { FIELDS } from './values.ts'
import classes from './meanwhile.module.css'

const words = strings.webhookForm.meanwhile
const { fields } = strings.webhookForm
const SIDES = ['mine', 'theirs'] as const satisfies Side[]

/**
 * Somebody else was faster: what they changed is taken over, what I changed stays, and of what we both changed it is asked
 * whose it shall be.
 * @param patchBy what is saved if that is chosen
 * @param settle goes on with it
 * @param drop leaves theirs alone
 */
export function Meanwhile({
  base,
  theirs,
  differences,
  triggers,
  patchBy,
  settle,
  drop,
  decideLater,
}: {
  base: Webhook
  theirs: Webhook
  differences: readonly Difference[]
  triggers: readonly Trigger[]
  patchBy: (choices: Choices) => object
  settle: (choices: Choices) => void
  drop: () => void
  decideLater: () => void
}) {
  const [choices, setChoices] = useState<Choices>({})
  const by = (fate: Fate) => differences.filter((each) => each.fate === fate)
  const contested = by('contested')
  const open = openOf(differences, choices)
  const patch = patchBy(choices)
  const kept = keptOf(differences, choices)
  const gone = FIELDS.filter((field) => field in patch && !kept.includes(field))
  const hasNothing = open.length === 0 && Object.keys(patch).length === 0
  const lines = (difference: Difference, of: 'before' | Side) =>
    valueLines(difference.field, difference[of], triggers)
  return (
    <Dialog size="xl" title={words.title} onClose={decideLater}>
      <form
        className={classes['merge']}
        onSubmit={(event) => {
          event.preventDefault()
          if (open.length === 0) settle(choices)
        }}
      >
        <Text>{words.why}</Text>
        {contested.length > 0 && (
          <Part title={words.contested}>
            {contested.map((difference, index) => (
              <Radio.Group
                key={difference.field}
                label={fields[difference.field]}
                description={<Was lines={lines(difference, 'before')} />}
                descriptionProps={{ component: 'div' }}
                value={choices[difference.field] ?? null}
                onChange={(side) => setChoices((now) => ({ ...now, [difference.field]: side }))}
              >
                <div className={classes['sides']}>
                  {SIDES.map((side) => (
                    <Radio
                      key={side}
                      value={side}
                      data-autofocus={(index === 0 && side === 'mine') || undefined}
                      classNames={{ root: classes['side'] ?? '', label: classes['label'] ?? '' }}
                      label={
                        <>
                          <span className={classes['whose']}>{words.sides[side]}</span>
                          <Lines lines={lines(difference, side)} others={lines(difference, 'before')} />
                        </>
                      }
                    />
                  ))}
                </div>
              </Radio.Group>
            ))}
          </Part>
        )}
        {(by('theirs').length > 0 || base.status !== theirs.status) && (
          <Part title={words.theirs}>
            <dl className={classes['changes']}>
              {base.status !== theirs.status && (
                <Changed
                  field={words.status}
                  before={[strings.status[base.status]]}
                  after={[strings.status[theirs.status]]}
                />
              )}
              {by('theirs').map((each) => (
                <Changed
                  key={each.field}
                  field={fields[each.field]}
                  before={lines(each, 'before')}
                  after={lines(each, 'theirs')}
                />
              ))}
            </dl>
          </Part>
        )}
        {(['mine', 'agreed'] as const).map(
          (fate) =>
            by(fate).length > 0 && (
              <Part key={fate} title={words[fate]}>
                <dl className={classes['changes']}>
                  {by(fate).map((each) => (
                    <Changed
                      key={each.field}
                      field={fields[each.field]}
                      before={lines(each, 'before')}
                      after={lines(each, 'mine')}
                    />
                  ))}
                </dl>
              </Part>
            ),
        )}
        {gone.length > 0 && <Text>{words.gone(gone.map((field) => fields[field]).join(', '))}</Text>}
        <Group className={classes['buttons'] ?? ''}>
          <Button variant="subtle" px="xs" ml={-10} mr="auto" onClick={drop}>
            {words.drop}
          </Button>
          {open.length > 0 && (
            <Text size="sm" c="dimmed">
              {words.open(open.length)}
            </Text>
          )}
          <Button variant="default" onClick={decideLater}>
            {words.later}
          </Button>
          <Button
            type="submit"
            disabled={open.length > 0}
            data-autofocus={contested.length === 0 || undefined}
          >
            {hasNothing ? words.take : words.save}
          </Button>
        </Group>
      </form>
    </Dialog>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes['part']}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function Was({ lines }: { lines: string[] }) {
  return (
    <>
      {words.was}: {lines.join(' · ')}
    </>
  )
}

function Changed({ field, before, after }: { field: string; before: string[]; after: string[] }) {
  const gone = before.filter((line) => line !== words.none && !after.includes(line))
  return (
    <div>
      <dt>{field}</dt>
      <dd>
        {gone.map((line) => (
          <del key={line}>{line}</del>
        ))}
        {after.map((line) =>
          before.includes(line) ? <span key={line}>{line}</span> : <ins key={line}>{line}</ins>,
        )}
      </dd>
    </div>
  )
}

/** @param others what stood there before: what is new is set off from it */
function Lines({ lines, others }: { lines: string[]; others: string[] }) {
  return lines.map((line) => (
    <span key={line} className={classes['line']}>
      {others.includes(line) ? line : <mark>{line}</mark>}
    </span>
  ))
}
