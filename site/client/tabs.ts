const KEPT = 'language'

/** The language that is chosen for one request is shown for all, and on the next page. */
export function tabs(): void {
  const radios = [...document.querySelectorAll<HTMLInputElement>('[data-kind=language] > input')]
  const choose = (language: string): void => {
    for (const radio of radios) radio.checked = radio.value === language
  }
  const kept = localStorage.getItem(KEPT)
  if (kept !== null && radios.some((radio) => radio.value === kept)) choose(kept)
  for (const radio of radios) {
    radio.addEventListener('change', () => {
      // What is above may become taller or shorter: the one that was chosen stays where it is.
      const before = radio.getBoundingClientRect().top
      choose(radio.value)
      scrollBy({ top: radio.getBoundingClientRect().top - before, behavior: 'instant' })
      localStorage.setItem(KEPT, radio.value)
    })
  }
}
