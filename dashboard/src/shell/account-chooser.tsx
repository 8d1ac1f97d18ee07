import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { accountsQuery } from '../api/accounts.ts'
import { strings } from '../strings.ts'
import { useChosenAccount } from './account.ts'

/** For an admin: whose data is shown. It is in the URL, so that a link shows the same to another admin. */
export function AccountChooser() {
  const { data } = useQuery(accountsQuery)
  const account = useChosenAccount()
  const navigate = useNavigate()
  const options = (data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))
  // One that is older than those listed, or gone, is shown by its id.
  if (account !== null && !options.some(({ value }) => value === account))
    options.push({ value: account, label: account })
  return (
    <Select
      size="xs"
      w={200}
      searchable
      aria-label={strings.shell.account}
      placeholder={strings.shell.chooseAccount}
      nothingFoundMessage={strings.shell.noAccountFound}
      data={options}
      value={account}
      allowDeselect={false}
      onChange={(chosen) => {
        // Filters and cursors are of the account that was shown.
        if (chosen !== null) void navigate({ to: '.', search: { account: chosen } })
      }}
    />
  )
}
