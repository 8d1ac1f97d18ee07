/** Text of customers and receivers, made fit for a terminal. Pure. */

/** The width that everything is written for. */
export const WIDTH = 80

// Controls could move the cursor or recolour what follows, and marks of direction could reorder it.
// oxlint-disable-next-line eslint/no-control-regex -- control characters are just what is replaced
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text in one line, without anything that a terminal would take for a command. */
export function plain(text: string): string {
  return text.replace(UNSAFE, '\ufffd')
}

const segmenter = new Intl.Segmenter('en')

/** What readers take for characters: names here are in scripts whose letters are made of several. */
export function characters(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment)
}

/** Text as one line of at most so many characters; what is left out is shown by `…`. */
export function cut(text: string, width: number): string {
  const all = characters(plain(text))
  return all.length <= width ? all.join('') : `${all.slice(0, width - 1).join('')}…`
}

/** Words as lines of at most so many characters; a word that is longer than a line is broken. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plain(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (characters(longer).length <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    let rest = characters(word)
    while (rest.length > width) {
      lines.push(rest.slice(0, width).join(''))
      rest = rest.slice(width)
    }
    line = rest.join('')
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}

/** `1 event`, `2 events`. */
export function count(number: number, word: string, words = `${word}s`): string {
  return `${number} ${number === 1 ? word : words}`
}
