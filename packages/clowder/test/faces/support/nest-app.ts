import 'reflect-metadata'
import {
  All,
  Controller,
  HttpException,
  type INestApplication,
  Inject,
  Module,
  Req,
  Res,
  Session,
} from '@nestjs/common'
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { Request, Response } from 'express'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { ClowderModule, InjectCluster } from '../../../src/faces/nestjs/index.js'
import { answer, type FaceReply, Gates, paths } from './face-routes.js'
import { send as sendByFastify } from './fastify-app.js'

type AnyRequest = Request | FastifyRequest
type AnyReply = Response | FastifyReply

@Controller()
class FaceController {
  readonly gates: Gates
  readonly cluster: Cluster

  constructor(@Inject(Gates) gates: Gates, @InjectCluster() cluster: Cluster) {
    this.gates = gates
    this.cluster = cluster
  }

  @All('session')
  session(@Session() session: AnyRequest['session']): object {
    session.note = 'by decorator'
    return { note: session.note, node: this.cluster.localMember().name }
  }

  @All('teapot')
  teapot(@Session() session: AnyRequest['session']): never {
    session.note = 'before the exception'
    throw new HttpException('teapot', 418)
  }

  @All(paths)
  async route(@Req() req: AnyRequest, @Res() res: AnyReply): Promise<void> {
    const reply = await answer(req.url, () => req.session, this.gates)
    if ('raw' in res) sendByFastify(reply, res)
    else sendByExpress(reply, res)
  }
}

function sendByExpress(answer: FaceReply, res: Response): void {
  switch (answer.kind) {
    case 'json':
      if (answer.cookie) res.append('set-cookie', answer.cookie)
      return void res.json(answer.json)
    case 'redirect':
      return res.redirect(answer.to)
    case 'stream':
      return void answer.stream.pipe(res)
  }
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() as AbstractHttpAdapter }

export async function nestApp(
  cluster: Cluster,
  gates: Gates,
  platform: keyof typeof adapters = 'express',
): Promise<INestApplication> {
  @Module({
    imports: [ClowderModule.forCluster(cluster)],
    controllers: [FaceController],
    providers: [{ provide: Gates, useValue: gates }],
  })
  class FaceModule {}

  const app = await NestFactory.create(FaceModule, adapters[platform](), { logger: false, abortOnError: false })
  await app.init()
  if (platform === 'fastify') await app.getHttpAdapter().getInstance().ready()
  return app
}
