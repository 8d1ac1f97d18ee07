/** A place of the site, as the search knows it. */
export interface Searched {
  url: string
  title: string
  /** The title of its page. */
  page: string
  text: string
  /** Names of routes, parameters and fields. */
  names: string
}
