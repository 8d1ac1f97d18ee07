import { useQuery } from '@tanstack/react-query'
import { triggersQuery } from '../api/triggers.ts'
import { strings } from '../strings.ts'

/** What a trigger is called, of the catalogue or of the relay's own. */
export function useTriggerNames(): (slug: string) => string {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const names = new Map(triggers.map(({ slug, name }) => [slug as string, name]))
  return (slug) => names.get(slug) ?? strings.deliveries.operational[slug] ?? slug
}
