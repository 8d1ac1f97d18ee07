import { Group, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../strings.ts'
import { CopyButton } from './copy-button.tsx'
import { prettyOf } from './pretty.ts'
import classes from './body-text.module.css'

const words = strings.deliveryDetail

/** A body: to be read, or as it was sent. @param what for those who do not see what stands around it */
export function BodyText({
  text,
  contentType,
  what,
}: {
  text: string
  contentType?: string | undefined
  what: string
}) {
  const [isRaw, setIsRaw] = useState(false)
  const pretty = prettyOf(text, contentType)
  return (
    <div>
      <Group gap="xs" justify="space-between" mb={4}>
        {pretty === null ? (
          <span />
        ) : (
          <SegmentedControl
            size="xs"
            aria-label={words.bodyAs}
            value={isRaw ? 'raw' : 'pretty'}
            data={[
              { value: 'pretty', label: words.pretty },
              { value: 'raw', label: words.raw },
            ]}
            onChange={(value) => setIsRaw(value === 'raw')}
          />
        )}
        <CopyButton text={text} what={what} />
      </Group>
      {/* It can be scrolled, and so has to be reached by keyboard. */}
      <pre className={classes['body']} tabIndex={0} aria-label={what}>
        {isRaw || pretty === null ? text : pretty}
      </pre>
    </div>
  )
}
