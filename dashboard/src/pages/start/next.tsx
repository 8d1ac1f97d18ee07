import { Title } from '@mantine/core'
import { callPath, hrefOf } from '../../place.ts'
import { strings } from '../../strings.ts'
import classes from './start-page.module.css'

const words = strings.start.next

/** Where one goes from here. */
export function Next({
  account,
  webhookId,
  callId,
  isCore,
}: {
  account: string | undefined
  webhookId: string
  callId: string | undefined
  isCore: boolean
}) {
  const links = [
    ...(callId === undefined ? [] : [[hrefOf(callPath(callId), account), words.timeline, words.timelineWhy]]),
    [hrefOf(`/webhooks/${webhookId}/edit`, account), words.edit, words.editWhy],
    ['/docs/receivers#verifying-the-signature', words.verify, words.verifyWhy],
    ...(isCore ? [['/docs/senders', words.send, words.sendWhy]] : []),
    [hrefOf('/webhooks', account), words.webhooks, words.webhooksWhy],
  ]
  return (
    <section>
      <Title order={2} mt="xl">
        {words.title}
      </Title>
      <ul className={classes['next']}>
        {links.map(([href = '', title, why]) => (
          <li key={href}>
            <a href={href} {...(href.startsWith('/docs') ? { target: '_blank' } : {})}>
              <strong>{title}</strong>
              <span>{why}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
