import { TextInput, type TextInputProps } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { textOf } from '../search.ts'

const TYPING_MS = 350

/** A text of the URL that is filtered by once somebody stops typing. */
export function TextFilter({
  value,
  onFilter,
  ...more
}: Omit<TextInputProps, 'value' | 'onChange' | 'defaultValue'> & {
  value: string | undefined
  onFilter: (text: string | undefined) => void
}) {
  const input = useRef<HTMLInputElement>(null)
  const filter = useDebouncedCallback((text: string) => onFilter(textOf(text.trim())), TYPING_MS)
  // The URL may come to say another than was typed, as after "Clear the filters".
  useEffect(() => {
    if (input.current !== null && input.current !== document.activeElement) input.current.value = value ?? ''
  }, [value])
  return (
    <TextInput
      size="xs"
      ref={input}
      defaultValue={value ?? ''}
      onChange={(event) => filter(event.currentTarget.value)}
      {...more}
    />
  )
}
