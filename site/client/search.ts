import MiniSearch, { type SearchResult } from 'minisearch'
import type { Searched } from './searched.ts'

const MOST = 12
/** Of the text around what was found. */
const EXCERPT = 140

type Place = Searched & { id: number }

/** @param url where the places to be searched are; they are read once somebody is about to search */
export function search(url: string): void {
  const box = document.querySelector<HTMLElement>('.search')
  const input = document.querySelector<HTMLInputElement>('#search')
  const list = document.querySelector<HTMLElement>('#found')
  if (box === null || input === null || list === null) return
  box.hidden = false
  let places: Promise<Places> | null = null
  const load = (): Promise<Places> => (places ??= Places.read(url))

  let chosen = -1
  const options = (): HTMLAnchorElement[] => [...list.querySelectorAll('a')]
  const choose = (index: number): void => {
    const all = options()
    all[chosen]?.setAttribute('aria-selected', 'false')
    chosen = all.length === 0 ? -1 : (index + all.length) % all.length
    const option = all[chosen]
    option?.setAttribute('aria-selected', 'true')
    option?.scrollIntoView({ block: 'nearest' })
    if (option === undefined) input.removeAttribute('aria-activedescendant')
    else input.setAttribute('aria-activedescendant', option.id)
  }
  const show = (isShown: boolean): void => {
    list.hidden = !isShown
    input.setAttribute('aria-expanded', String(isShown))
  }
  const find = async (): Promise<void> => {
    const text = input.value.trim()
    if (text === '') return show(false)
    const found = (await load()).find(text)
    if (input.value.trim() !== text) return
    list.replaceChildren(...(found.length === 0 ? [nothing(text)] : found.map(optionOf)))
    chosen = -1
    choose(0)
    show(true)
  }

  input.addEventListener('focus', () => void load())
  input.addEventListener('input', () => void find())
  input.addEventListener('keydown', (event) => {
    switch (event.key) {
      case 'ArrowDown':
        choose(chosen + 1)
        break
      case 'ArrowUp':
        choose(chosen - 1)
        break
      case 'Enter':
        options()[chosen]?.click()
        break
      case 'Escape':
        show(false)
        break
      default:
        return
    }
    event.preventDefault()
  })
  list.addEventListener('click', () => {
    show(false)
    input.blur()
  })
  addEventListener('click', (event) => {
    if (event.target instanceof Node && !box.contains(event.target)) show(false)
  })
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target instanceof HTMLElement && event.target.matches('input:not([type=radio]), textarea'))
      return
    event.preventDefault()
    input.focus()
    input.select()
  })
}

class Places {
  readonly #index: MiniSearch<Place>
  readonly #places: readonly Place[]

  private constructor(places: readonly Place[]) {
    this.#places = places
    this.#index = new MiniSearch({
      fields: ['title', 'names', 'page', 'text'],
      searchOptions: {
        weights: { prefix: 0.4, fuzzy: 0.1 },
        prefix: true,
        fuzzy: (term) => (term.length > 4 ? 0.2 : false),
        boost: { title: 6, names: 2, page: 2 },
      },
    })
    this.#index.addAll(places)
  }

  static async read(url: string): Promise<Places> {
    const answer = await fetch(url)
    // Safe: it is made with the page, of that type.
    const searched = (await answer.json()) as Searched[]
    return new Places(searched.map((each, id) => ({ ...each, id })))
  }

  /** Those that have all words; only if there are none, those that have some. First what is called so. */
  find(text: string): (Place & { terms: string[] })[] {
    const all = this.#index.search(text, { combineWith: 'AND' })
    const found: SearchResult[] = all.length > 0 ? all : this.#index.search(text)
    const places = found.flatMap(({ id, terms }) => {
      const place = this.#places[Number(id)]
      return place === undefined ? [] : [{ ...place, terms }]
    })
    const isCalledSo = ({ title }: Place): boolean => title.toLowerCase().startsWith(text.toLowerCase())
    const called = places.filter(isCalledSo).sort((a, b) => a.title.length - b.title.length)
    return [...called, ...places.filter((place) => !isCalledSo(place))].slice(0, MOST)
  }
}

function optionOf({ id, url, title, page, text, terms }: Place & { terms: string[] }): HTMLElement {
  const option = document.createElement('a')
  option.href = url
  option.id = `found-${id}`
  option.setAttribute('role', 'option')
  option.setAttribute('aria-selected', 'false')
  option.tabIndex = -1
  option.append(
    span('found-title', title),
    span('found-page', page),
    marked(span('found-text', excerpt(text, terms)), terms),
  )
  return option
}

function nothing(text: string): HTMLElement {
  return span('nothing', `Nothing is found for “${text}”`)
}

/** The text around the first of the words. */
function excerpt(text: string, terms: readonly string[]): string {
  const plain = text.replaceAll('`', '').replaceAll(/\s+/g, ' ')
  const lower = plain.toLowerCase()
  const at = Math.min(...terms.map((term) => lower.indexOf(term)).filter((each) => each >= 0), plain.length)
  const from = at === plain.length ? 0 : Math.max(0, at - EXCERPT / 3)
  const start = from === 0 ? 0 : plain.indexOf(' ', from) + 1
  return `${start > 0 ? '… ' : ''}${plain.slice(start, start + EXCERPT)}${start + EXCERPT < plain.length ? ' …' : ''}`
}

/** Marks in an element of plain text the words that were found. */
function marked(element: HTMLElement, terms: readonly string[]): HTMLElement {
  const text = element.textContent
  const lower = text.toLowerCase()
  const found = [...terms].sort((a, b) => b.length - a.length)
  const parts: (string | Node)[] = []
  let from = 0
  for (let at = 0; at < text.length;) {
    const term = found.find((each) => lower.startsWith(each, at))
    if (term === undefined) at += 1
    else {
      const mark = document.createElement('mark')
      mark.textContent = text.slice(at, at + term.length)
      parts.push(text.slice(from, at), mark)
      from = at += term.length
    }
  }
  element.replaceChildren(...parts, text.slice(from))
  return element
}

function span(name: string, text: string): HTMLElement {
  const element = document.createElement('span')
  element.className = name
  element.textContent = text
  return element
}
