# The relay on one machine: what `npm start` runs, with the Worker built. docs/operations.md#in-a-container
#
# `npm run test:container` builds and runs this file. If no Docker daemon answers, it runs the instructions itself, and
# knows those that stand here.

# The Node that package.json pins for everything else (its dev dependency `node`).
FROM node:24.9.0-slim AS build
WORKDIR /relay
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json wrangler.toml README.md SECURITY.md ./
COPY migrations ./migrations
COPY scripts ./scripts
COPY src ./src
# The documentation and the dashboard, which the build makes into public/.
COPY site ./site
COPY dashboard ./dashboard
COPY docs ./docs
# wrangler looks for the folder before the build has made it.
RUN install -d public && node scripts/relay/build.ts
# What is left is Miniflare, for its stores, and what the Worker is made of. TypeScript would stay as well, since valibot
# names it as an optional peer.
RUN npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/typescript node_modules/@typescript

FROM node:24.9.0-slim
# workerd trusts the certificates that the system has, and the slim image has none.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /relay
COPY --from=build /relay/node_modules ./node_modules
COPY --from=build /relay/dist/relay.json ./dist/relay.json
COPY --from=build /relay/public ./public
COPY package.json ./
COPY scripts ./scripts
COPY src/lib ./src/lib
# Nothing of the relay is the user's but its state.
RUN install -d -o 1000 -g 1000 /state
ENV NODE_ENV=production STATE_DIR=/state LISTEN_ADDRESS=0.0.0.0 PORT=8787
USER 1000:1000
VOLUME /state
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "scripts/start.ts"]
