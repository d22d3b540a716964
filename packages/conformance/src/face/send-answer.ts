import type { ServerResponse } from 'node:http'
import type { FaceAnswer } from './face-under-test.js'

/** Sends an answer with Node's own response: for faces that have nothing else. */
export async function sendAnswer(answer: FaceAnswer, res: ServerResponse): Promise<void> {
  switch (answer.kind) {
    case 'json':
      if (answer.setCookie) res.appendHeader('set-cookie', answer.setCookie)
      res.statusCode = answer.status ?? 200
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify(answer.json))
      return
    case 'redirect':
      res.writeHead(302, { location: answer.to }).end()
      return
    case 'empty':
      res.writeHead(204).end()
      return
    case 'stream':
      for await (const part of answer.parts) res.write(part)
      res.end()
  }
}
