import { defineConfig, type Plugin } from 'vite'

/**
 * The script stands before the first paint: until it has run there is nothing to see, and whoever chose dark would get a
 * flash of white. No script in the page itself, which the policy forbids.
 */
const beforePaint: Plugin = {
  name: 'before-paint',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
}

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  plugins: [beforePaint],
  // `site/build.ts` writes the files, with those of the documentation.
  build: {
    write: false,
    target: 'es2022',
    // Those with `light-dark()`, which would be made into something that Mantine's own styles do not know.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      onLog(level, log, handle) {
        // Each file of Mantine's and TanStack's says "use client", which is for servers that render.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log)
      },
    },
  },
  // `npx vite dashboard`, beside `npm start`.
  server: { proxy: { '/v1': 'http://127.0.0.1:8787' } },
})
