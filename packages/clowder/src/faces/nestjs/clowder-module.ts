import { type DynamicModule, type FactoryProvider, Inject, Module, type ModuleMetadata } from '@nestjs/common'
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core'
import { Cluster } from '../../cluster/cluster.js'
import { createCluster } from '../../create-cluster.js'
import type { ClusterOptions } from '../../options/cluster-options.js'
import { clowderFastify } from '../fastify/clowder-fastify.js'

/** The options of `createCluster`, from other providers. */
export interface ClowderModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports']
  /** What `useFactory` is called with. */
  readonly inject?: FactoryProvider['inject']
  readonly useFactory: (...dependencies: never[]) => ClusterOptions | Promise<ClusterOptions>
}

/** The cluster of ClowderModule, in a constructor. */
export const InjectCluster = (): ParameterDecorator & PropertyDecorator => Inject(Cluster)

const OPTIONS = Symbol('clowder.options')

/**
 * The cluster of a Nest application. It starts while the application is made (`NestFactory.create` rejects with what `createCluster` rejects with), gives
 * every request its session before any other middleware, and stops after the HTTP server has closed: with `app.close()`, or on a signal after
 * `app.enableShutdownHooks()`. Works on platform-express and platform-fastify; an application context without HTTP has the cluster alone.
 */
export class ClowderModule {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Options as for `createCluster`. */
  static forRoot(options: ClusterOptions = {}): DynamicModule {
    return ClowderModule.forRootAsync({ useFactory: () => options })
  }

  /** Options from other providers, such as ConfigService. */
  static forRootAsync({ imports = [], inject = [], useFactory }: ClowderModuleAsyncOptions): DynamicModule {
    const options: FactoryProvider = { provide: OPTIONS, inject, useFactory }
    return dynamicModule({ inject: [OPTIONS], useFactory: createCluster }, [options], imports)
  }

  /** A cluster that runs already, such as one of `createTestCluster`. The application's end stops it all the same. */
  static forCluster(cluster: Cluster): DynamicModule {
    return dynamicModule({ useFactory: () => cluster })
  }

  onApplicationShutdown(): Promise<void> {
    return this.#cluster.stop()
  }
}

// As functions, because standard decorators have none for parameters.
Inject(Cluster)(ClowderModule, undefined, 0)
Module({})(ClowderModule)

const STARTED = Symbol('clowder.started')

function dynamicModule(
  started: Omit<FactoryProvider<Cluster>, 'provide'>,
  others: FactoryProvider[] = [],
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  const mounted = { provide: Cluster, inject: [STARTED, HttpAdapterHost], useFactory: mount }
  const providers = [...others, { provide: STARTED, ...started }, mounted]
  return { module: ClowderModule, global: true, imports, providers, exports: [Cluster] }
}

/** Before anything that `main.ts` may `use` on the application, which it has only after this. */
async function mount(cluster: Cluster, { httpAdapter }: HttpAdapterHost): Promise<Cluster> {
  const adapter = httpAdapter as AbstractHttpAdapter | undefined
  if (adapter?.getType() === 'fastify') await adapter.getInstance().register(clowderFastify, { cluster })
  else adapter?.use(cluster.express())
  return cluster
}
