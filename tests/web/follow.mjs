// Follows a service by the npm package `eventsource`, and prints each event's id, type and position, until it has as many as it was told.
import { createRequire } from "node:module"
const [packages, url, token, count, ...types] = process.argv.slice(2)
const { EventSource } = createRequire(`${packages}/`)("eventsource")
const known = (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
const source = new EventSource(url, { fetch: known })
let seen = 0
const take = event => {
  console.log(`${event.lastEventId} ${event.type} ${JSON.parse(event.data).position}`)
  if (++seen === Number(count)) source.close()
}
for (const type of types) source.addEventListener(type, take)
