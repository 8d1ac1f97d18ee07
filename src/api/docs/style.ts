/** The style of the reference page: system type, light and dark, one column under 60rem. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --line: #dfe2e8; --ink: #1b1f27; --soft: #565e6c;
  --accent: #0b5cad; --code: #f0f2f5; --required: #a3320b;
  --get: #0b5cad; --post: #1a6b34; --put: #7a5200; --patch: #6b3fa0; --delete: #a8201a;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #13161b; --raised: #1b1f26; --line: #323843; --ink: #e5e8ed; --soft: #a2abb9;
    --accent: #7ab7f5; --code: #222731; --required: #ff9b70;
    --get: #7ab7f5; --post: #74cf8f; --put: #e5b454; --patch: #c4a1f2; --delete: #ff8a82;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; overflow-wrap: break-word;
}
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; z-index: 3; background: var(--ground); padding: .5rem 1rem; }
header {
  position: sticky; top: 0; z-index: 2; display: flex; align-items: baseline; gap: .75rem;
  padding: .8rem 1.5rem; background: var(--ground); border-bottom: 1px solid var(--line);
}
.brand { font-weight: 650; color: var(--ink); text-decoration: none; }
.version { color: var(--soft); font-size: .85rem; }
.raw { margin-left: auto; font-size: .9rem; }
.columns { display: grid; grid-template-columns: 18rem minmax(0, 1fr); max-width: 84rem; margin: 0 auto; }
.side {
  position: sticky; top: 3.4rem; align-self: start; max-height: calc(100vh - 3.4rem); overflow-y: auto;
  padding: 1.5rem 1rem 3rem 1.5rem; font-size: .9rem;
}
nav ul { list-style: none; margin: 0; padding: 0; }
nav li ul { margin: .15rem 0 1rem; }
nav a { display: block; padding: .22rem .5rem; border-radius: .3rem; color: var(--soft); text-decoration: none; line-height: 1.4; }
nav a:hover { background: var(--raised); color: var(--ink); }
nav a.group { color: var(--ink); font-weight: 600; }
main { min-width: 0; padding: 1.5rem 2.5rem 6rem; border-left: 1px solid var(--line); }
.contents { display: none; }
h1 { font-size: 2rem; line-height: 1.2; margin: .5rem 0 .75rem; letter-spacing: -.01em; }
h2 { font-size: 1.5rem; margin: 4rem 0 .25rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
h4 { font-size: .78rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 1.5rem 0 .4rem; }
p { margin: .4rem 0; max-width: 44rem; }
.lead { color: var(--soft); }
article { padding-bottom: 1.5rem; }
article + article { border-top: 1px solid var(--line); }
.anchor { color: inherit; text-decoration: none; }
.anchor:hover { text-decoration: underline; }
code { font-family: var(--mono); font-size: .86em; background: var(--code); padding: .1em .3em; border-radius: .25rem; }
.route code { background: none; padding: 0; font-size: .95em; }
pre { margin: 0; padding: .9rem 1rem; overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; line-height: 1.5; }
pre code { background: none; padding: 0; font-size: .84rem; }
.method { font: 700 .7rem/1 var(--mono); letter-spacing: .03em; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; margin: .4rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--soft); background: var(--raised); }
th, td { padding: .5rem .75rem; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child td { border-bottom: 0; }
td p { margin: 0; }
.required, .where { display: block; font-size: .75rem; color: var(--required); }
.where { color: var(--soft); }
.constraints { color: var(--soft); font-size: .84rem; }
.answer { margin: .3rem 0; font-size: .92rem; }
summary { cursor: pointer; }
.status { font: 600 .84rem/1 var(--mono); display: inline-block; min-width: 2.2rem; }
.s2 { color: var(--post); } .s4 { color: var(--put); } .s5 { color: var(--delete); }
@media (max-width: 60rem) {
  .columns { display: block; }
  .side { display: none; }
  .contents { display: block; border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; margin-bottom: 1.5rem; }
  .contents nav { margin-top: .75rem; font-size: .95rem; }
  .contents a { padding-block: .45rem; }
  main { padding: 1rem 1rem 4rem; border-left: 0; }
  header { padding: .7rem 1rem; }
  h2 { margin-top: 2.5rem; }
}
@media (max-width: 40rem) {
  thead { position: absolute; left: -100vw; }
  table, tbody, tr, td { display: block; width: 100%; }
  tr { padding: .55rem .75rem; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  td { padding: .1rem 0; border: 0; }
  .required, .where { display: inline; margin-left: .5rem; }
}
@media print { header, .side, .contents { display: none; } .columns { display: block; } main { border: 0; } }
`
