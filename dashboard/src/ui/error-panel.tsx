import { Button, Group, Text } from '@mantine/core'
import { ApiProblem } from '../api/problem.ts'
import { strings } from '../strings.ts'
import classes from './panel.module.css'

/** What went wrong, in the API's words, with the request's id for whoever is asked for help. */
export function ErrorPanel({
  error,
  title = strings.errors.title,
  retry,
}: {
  error: unknown
  title?: string
  retry?: () => void
}) {
  const problem = error instanceof ApiProblem ? error : null
  return (
    <div className={classes['error']} role="alert">
      <Group justify="space-between" gap="sm">
        <div>
          <Text fw={600}>{title}</Text>
          <Text>{problem?.message ?? strings.errors.unexpected}</Text>
        </div>
        {retry !== undefined && (
          <Button variant="default" size="xs" onClick={retry}>
            {strings.errors.retry}
          </Button>
        )}
      </Group>
      {problem !== null && problem.faults.length > 0 && (
        <ul>
          {problem.faults.map(({ path, message }) => (
            <li key={path + message}>
              {path} {message}
            </li>
          ))}
        </ul>
      )}
      {problem?.requestId != null && <Text size="xs">{strings.errors.request(problem.requestId)}</Text>}
    </div>
  )
}
