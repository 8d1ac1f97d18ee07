import { Input, SegmentedControl } from '@mantine/core'
import { useId, type ReactNode } from 'react'

/** One of a few, all of them in sight. */
export function Choice<T extends string>({
  label,
  description,
  error,
  path,
  data,
  value,
  onChange,
}: {
  label: string
  description?: ReactNode
  error?: ReactNode
  /** By which a fault finds it. */
  path?: string
  data: readonly { value: T; label: string }[]
  value: T
  onChange: (value: T) => void
}) {
  const id = useId()
  const hasError = error !== null && error !== undefined
  return (
    <div data-path={path}>
      <Input.Label id={`${id}-label`} labelElement="div">
        {label}
      </Input.Label>
      <div>
        <SegmentedControl
          size="xs"
          aria-labelledby={`${id}-label`}
          aria-invalid={hasError}
          aria-describedby={`${id}-about`}
          data={data.map((each) => ({ value: each.value, label: each.label }))}
          value={value}
          onChange={onChange}
        />
      </div>
      <div id={`${id}-about`}>
        {description !== undefined && <Input.Description mt={4}>{description}</Input.Description>}
        {hasError && <Input.Error mt={4}>{error}</Input.Error>}
      </div>
    </div>
  )
}
