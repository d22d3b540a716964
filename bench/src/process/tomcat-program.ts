import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages, isInstalled } from './debian-packages.js'

export interface TomcatProgram {
  readonly classPath: string
  /** Of its own, for what it writes too. */
  readonly folder: string
  readonly version: string
  remove(): void
}

export type TomcatProgramName = 'TribesPeer' | 'TomcatMember' | 'TomcatHttp'

const CATALINA = [
  'tribes',
  'juli',
  'catalina',
  'catalina-ha',
  'coyote',
  'util',
  'servlet-api',
  'util-scan',
  'api',
  'annotations-api',
  'el-api',
  'jaspic-api',
  'jni',
  'jsp-api',
]
const JARS: Record<TomcatProgramName, readonly string[]> = {
  TribesPeer: ['tribes', 'juli'],
  TomcatMember: CATALINA,
  TomcatHttp: CATALINA,
}
const JAR_FOLDER = '/usr/share/java'
const SOURCES = fileURLToPath(new URL('../../tomcat/', import.meta.url))

/** One of our own small programs (tomcat/*.java) over Tomcat's own jars, compiled into a folder of its own; or why there is none. */
export function tomcatProgram(name: TomcatProgramName, tell: (text: string) => void): TomcatProgram | string {
  const problem = jdkProblem(tell)
  if (problem) return problem
  const classes = mkdtempSync(join(tmpdir(), 'clowder-bench-'))
  const jars = JARS[name].map(jar)
  const options = ['-cp', jars.join(':'), '-sourcepath', SOURCES, '-d', classes]
  const compiled = spawnSync('javac', [...options, `${SOURCES}${name}.java`], { encoding: 'utf8' })
  if (compiled.status !== 0) return `javac failed: ${compiled.stderr.split('\n')[0]}`
  return {
    classPath: [classes, ...jars].join(':'),
    folder: classes,
    version: `Tomcat ${tomcatVersion()}, Java ${javaVersion()}`,
    remove: () => rmSync(classes, { recursive: true, force: true }),
  }
}

function jdkProblem(tell: (text: string) => void): string | undefined {
  const missing = [
    ...(isInstalled('javac', '-version') ? [] : ['default-jdk-headless']),
    ...(existsSync(jar('tribes')) ? [] : ['libtomcat10-java']),
  ]
  return missing.length > 0 ? installPackages(missing, tell) : undefined
}

function jar(name: string): string {
  return join(JAR_FOLDER, `tomcat10-${name}.jar`)
}

function tomcatVersion(): string {
  const file = readdirSync(JAR_FOLDER).find(name => /^tomcat10-tribes-\d/.test(name))
  return file?.replace(/^tomcat10-tribes-(.*)\.jar$/, '$1') ?? '10'
}

function javaVersion(): string {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return /"([^"]+)"/.exec(stderr)?.[1] ?? 'unknown'
}
