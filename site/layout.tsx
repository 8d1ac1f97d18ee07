import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { Assets } from './assets.ts'

/** A page in the menu, with its parts where it is the one that is read. */
export interface MenuItem {
  title: string
  path: string
  parts: { id: string; title: string; method?: string }[]
}

/** Pages under one head of the menu. */
export interface MenuGroup {
  title: string
  items: MenuItem[]
}

export interface Shell {
  name: string
  version: string
  assets: Assets
  /** Where the texts to be searched are. */
  search: string
  menu: MenuGroup[]
}

/** A page of the site around what it says. */
export function Page(props: {
  shell: Shell
  path: string
  title: string
  description: string
  class?: string
  children?: Child
}) {
  const { shell, path, title, description } = props
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title === shell.name ? title : `${title} · ${shell.name}`}</title>
        <meta name="description" content={description} />
        <link rel="stylesheet" href={shell.assets.style} />
        <script src={shell.assets.script} defer data-search={shell.search}></script>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the text
        </a>
        <header class="top">
          <a class="brand" href="/docs">
            {shell.name}
          </a>
          <span class="version">{shell.version}</span>
          <search class="search" hidden>
            <input
              id="search"
              type="search"
              placeholder="Search"
              aria-label="Search the documentation"
              role="combobox"
              aria-expanded="false"
              aria-controls="found"
              aria-autocomplete="list"
              autocomplete="off"
              spellcheck={false}
            />
            <kbd aria-hidden="true">/</kbd>
            <div id="found" role="listbox" aria-label="Results" hidden></div>
          </search>
          <a class="raw" href="/openapi.json">
            OpenAPI
          </a>
        </header>
        <div class="columns">
          <details class="phone-menu">
            <summary>
              <span class="here">{title === shell.name ? 'Menu' : title}</span>
            </summary>
            <nav aria-label="Pages">
              <Menu groups={shell.menu} path={path} />
            </nav>
          </details>
          <nav class="side" aria-label="Documentation">
            <Menu groups={shell.menu} path={path} />
          </nav>
          <main id="main" class={props.class ?? 'text'} tabindex={-1}>
            {props.children}
          </main>
        </div>
      </body>
    </html>
  )
}

function Menu({ groups, path }: { groups: MenuGroup[]; path: string }) {
  return (
    <>
      {groups.map((group) => (
        <>
          <p class="group">{group.title}</p>
          <ul>
            {group.items.map((item) => {
              const isHere = item.path === path
              return (
                <li>
                  <a href={item.path} aria-current={isHere ? 'page' : undefined}>
                    {item.title}
                  </a>
                  {isHere && item.parts.length > 0 && (
                    <ul class="parts">
                      {item.parts.map(({ id, title, method }) => (
                        <li>
                          <a href={`#${id}`}>
                            {title}
                            {method !== undefined && <Method method={method} />}
                          </a>
                        </li>
                      ))}
                    </ul>
                  )}
                </li>
              )
            })}
          </ul>
        </>
      ))}
    </>
  )
}

export function Method({ method }: { method: string }) {
  return <span class={`method ${method}`}>{method.toUpperCase()}</span>
}

/** Alternatives of which one is shown. They need no script: which one it is, is a choice of radio buttons. */
export function Tabs(props: {
  id: string
  label: string
  /** Tabs of the same kind are switched together. */
  kind: string
  tabs: { title: string; html: string }[]
}) {
  const { id, label, kind, tabs } = props
  return (
    <fieldset class="tabs code" data-kind={kind}>
      <legend class="unseen">{label}</legend>
      {tabs.map(({ title }, index) => (
        <>
          <input type="radio" name={id} id={`${id}-${index}`} checked={index === 0} value={title} />
          <label for={`${id}-${index}`}>{title}</label>
        </>
      ))}
      {tabs.map(({ html }) => (
        <div class="panel">{raw(html)}</div>
      ))}
    </fieldset>
  )
}
