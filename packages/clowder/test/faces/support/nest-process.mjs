// A Nest application in a process of its own: the options of its cluster come in the first argument, its address goes out by IPC.
import 'reflect-metadata'
import { Controller, Get, Module, Session } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClowderModule } from 'clowder/nestjs'

class AppController {
  /** Answers when the parent says so. */
  async slow(session) {
    const told = new Promise(resolve => process.once('message', resolve))
    process.send('asked')
    await told
    session.note = 'written while stopping'
    return { note: session.note }
  }
}
Controller()(AppController)
Get('slow')(AppController.prototype, 'slow', Object.getOwnPropertyDescriptor(AppController.prototype, 'slow'))
Session()(AppController.prototype, 'slow', 0)

class AppModule {}
Module({
  imports: [ClowderModule.forRootAsync({ useFactory: async () => JSON.parse(process.argv[2]) })],
  controllers: [AppController],
})(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
app.enableShutdownHooks()
const server = app.getHttpServer()
const { close } = server
server.close = (...parameters) => {
  process.send('closing')
  return close.apply(server, parameters)
}
await app.listen(0, '127.0.0.1')
process.send(await app.getUrl())
