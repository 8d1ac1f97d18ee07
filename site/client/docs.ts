/** What the pages do beyond being read: search, copy, tabs that go together, and a mark where one is. */
import { copyButtons } from './copy.ts'
import { markPlace } from './place.ts'
import { search } from './search.ts'
import { tabs } from './tabs.ts'

const index = document.currentScript?.dataset['search']
if (index !== undefined) search(index)
copyButtons()
tabs()
markPlace()
