/**
 * Runs a Dockerfile where there is no Docker daemon: each stage in an empty folder that stands for the root of its
 * image. It knows the instructions that our file has, and refuses any other, so that what is run is what stands there.
 * The system below is this machine's: an `apt-get` is left out, and Node is the one that runs this.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

interface Instruction {
  readonly word: string
  readonly rest: string
}

/** A stage that was run. */
export interface Image {
  readonly folder: string
  readonly env: Record<string, string>
  readonly workdir: string
  readonly user: { uid: number; gid: number }
  readonly volume: string
  readonly command: readonly string[]
  readonly healthCheck: readonly string[]
}

/** Where an absolute path of an image is on this machine. */
export function placeOf(image: Pick<Image, 'folder'>, path: string): string {
  return join(image.folder, path)
}

/** @param from Node's version, as the `FROM` of each stage has it */
export function stagesOf(text: string): { name: string; from: string; instructions: Instruction[] }[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n')
  const stages: { name: string; from: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    if (word === 'FROM') {
      const [from = '', , name = String(stages.length)] = rest.split(' ')
      stages.push({ name, from, instructions: [] })
    } else stages.at(-1)?.instructions.push({ word, rest })
  }
  return stages
}

/**
 * Runs all stages, and answers with the last one.
 * @param context the folder that is built from
 * @param folder an empty one
 * @param path for the commands, where `node` is the image's
 */
export async function build(context: string, folder: string, path: string): Promise<Image> {
  const allowed = await allowedIn(context)
  const stages = stagesOf(await readFile(join(context, 'Dockerfile'), 'utf8'))
  const roots = new Map<string, string>()
  let image: Image | null = null
  for (const { name, instructions } of stages) {
    const root = join(folder, name)
    await mkdir(root)
    roots.set(name, root)
    image = await runStage(root, instructions, path, (source, stage) => {
      if (stage !== null) return join(roots.get(stage) ?? '', source)
      if (!allowed.includes(source.split('/')[0] ?? '')) throw new Error(`.dockerignore leaves ${source} out`)
      return join(context, source)
    })
  }
  if (image === null) throw new Error('the Dockerfile has no stage')
  return image
}

async function runStage(
  folder: string,
  instructions: readonly Instruction[],
  path: string,
  sourceOf: (source: string, stage: string | null) => string,
): Promise<Image> {
  let image: Image = {
    folder,
    env: {},
    workdir: '/',
    user: { uid: 0, gid: 0 },
    volume: '',
    command: [],
    healthCheck: [],
  }
  for (const { word, rest } of instructions) {
    switch (word) {
      case 'WORKDIR':
        image = { ...image, workdir: rest }
        await mkdir(placeOf(image, rest), { recursive: true })
        break
      case 'COPY':
        await copy(image, rest.split(' '), sourceOf)
        break
      case 'RUN':
        await runShell(image, rest, path)
        break
      case 'ENV':
        image = { ...image, env: { ...image.env, ...Object.fromEntries(pairsOf(rest)) } }
        break
      case 'USER': {
        const [uid = 0, gid = 0] = rest.split(':').map(Number)
        image = { ...image, user: { uid, gid } }
        break
      }
      case 'VOLUME':
        image = { ...image, volume: rest }
        break
      case 'EXPOSE':
        break
      case 'HEALTHCHECK':
        image = { ...image, healthCheck: listOf(rest.slice(rest.indexOf('CMD ') + 4)) }
        break
      case 'CMD':
        image = { ...image, command: listOf(rest) }
        break
      default:
        throw new Error(`${word} is not known here: teach test/container/dockerfile.ts what it does`)
    }
  }
  return image
}

async function copy(
  image: Image,
  words: readonly string[],
  sourceOf: (source: string, stage: string | null) => string,
): Promise<void> {
  const stage = /^--from=(.*)$/.exec(words[0] ?? '')?.[1] ?? null
  const sources = words.slice(stage === null ? 0 : 1, -1)
  const target = words.at(-1) ?? ''
  const place = placeOf(image, join(image.workdir, target))
  for (const source of sources) {
    const into = target.endsWith('/') ? join(place, basename(source)) : place
    await mkdir(dirname(into), { recursive: true })
    await cp(sourceOf(source, stage), into, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    })
  }
}

async function runShell(image: Image, command: string, path: string): Promise<void> {
  if (command.startsWith('apt-get ')) return console.log(`left out, for it is of the system: ${command}`)
  // The only absolute paths of our commands are of folders that the image itself makes.
  const here = command.replaceAll(/(?<= )\/(?=\w)/g, `${image.folder}/`)
  await run('sh', ['-euc', here], {
    cwd: placeOf(image, image.workdir),
    env: { ...npmSettings(), ...image.env, PATH: path },
    maxBuffer: 2 ** 24,
  })
}

/** How npm reaches its registry and its cache; nothing else of this machine is an image's. */
function npmSettings(): Record<string, string> {
  const wanted = /^(HOME|npm_config_(registry|cache|userconfig)|(https?|no)_proxy|node_extra_ca_certs)$/i
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && wanted.test(name) ? [[name, value]] : [],
    ),
  )
}

/** Of a `.dockerignore` that leaves all out but what it lists. */
async function allowedIn(context: string): Promise<string[]> {
  const lines = (await readFile(join(context, '.dockerignore'), 'utf8')).split('\n').filter(Boolean)
  if (lines[0] !== '*') throw new Error('.dockerignore is expected to begin with *')
  return lines.slice(1).map((line) => line.replace(/^!/, ''))
}

function pairsOf(text: string): [string, string][] {
  return text.split(' ').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
}

function listOf(text: string): string[] {
  // Safe: Docker takes nothing else in this form either.
  return JSON.parse(text) as string[]
}
