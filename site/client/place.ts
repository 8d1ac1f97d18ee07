/** A heading counts as read once it is so far from the top (px). */
const TOP_PX = 120

/** Marks in the menu the part of the page that is read. */
export function markPlace(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.side .parts a')]
  const parts = links.flatMap((link) => {
    const heading = document.querySelector(`[id="${CSS.escape(decodeURIComponent(link.hash.slice(1)))}"]`)
    return heading === null ? [] : [{ link, heading }]
  })
  if (parts.length === 0) return
  let marked: HTMLAnchorElement | undefined
  const mark = (): void => {
    const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2
    const read = parts.filter(({ heading }) => heading.getBoundingClientRect().top < TOP_PX)
    const link = isAtEnd && scrollY > 0 ? (hashed() ?? parts.at(-1)?.link) : read.at(-1)?.link
    if (link === marked) return
    marked?.removeAttribute('aria-current')
    link?.setAttribute('aria-current', 'location')
    if (link !== undefined) reveal(link)
    marked = link
  }
  // At the end of a page it is the one that was asked for, if its heading cannot come to the top.
  const hashed = (): HTMLAnchorElement | undefined =>
    parts.find(
      ({ link, heading }) => link.hash === location.hash && heading.getBoundingClientRect().top < innerHeight,
    )?.link
  let isDue = false
  const later = (): void => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      mark()
    })
  }
  addEventListener('scroll', later, { passive: true })
  addEventListener('hashchange', later)
  mark()
  // The menu itself may be longer than the screen.
  const current = document.querySelector('.side [aria-current=page]')
  if (current !== null) reveal(current)

  // On a phone the menu closes once a place is chosen.
  const menu = document.querySelector<HTMLDetailsElement>('.phone-menu')
  menu?.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('a') !== null) menu.open = false
  })
}

/** Has the menu scroll to a link of it. `scrollIntoView` would also have the next Tab begin there. */
function reveal(link: Element): void {
  const menu = link.closest('.side')
  if (menu === null) return
  const [inside, outside] = [link.getBoundingClientRect(), menu.getBoundingClientRect()]
  if (inside.top < outside.top) menu.scrollTop += inside.top - outside.top
  if (inside.bottom > outside.bottom) menu.scrollTop += inside.bottom - outside.bottom
}
