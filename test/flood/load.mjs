// Users of the application: requests at a steady rate, whatever became of the earlier ones. Started with {ports, perSecond} as JSON; counts from 'begin' on, and answers
// 'end' with the latencies (ms) of what it asked meanwhile.
import { Agent, get } from 'node:http'

const { ports, perSecond } = JSON.parse(process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const cookies = Array.from({ length: 64 }, () => '')
let latencies = []
let failures = 0
let asked = 0

function ask() {
  const user = asked++ % cookies.length
  const startedMs = performance.now()
  get({ port: ports[user % ports.length], path: '/count', agent, headers: { cookie: cookies[user] } }, res => {
    const [cookie] = res.headers['set-cookie'] ?? []
    if (cookie) cookies[user] = cookie.split(';')[0]
    if (res.statusCode !== 200) failures++
    res.resume().on('end', () => latencies.push(performance.now() - startedMs))
  }).on('error', () => failures++)
}

const startedMs = performance.now()
setInterval(() => {
  const due = Math.floor(((performance.now() - startedMs) * perSecond) / 1000)
  while (asked < due) ask()
}, 2)

process.on('message', word => {
  if (word === 'end') process.send({ latencies, failures })
  latencies = []
  failures = 0
})
process.on('disconnect', () => process.exit())
process.send('ready')
