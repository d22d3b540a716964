import t from 'tap'
import { newCounts, RandomSchedule } from '../support/random-schedule.js'

const FIRST_SEED = Number(process.env.FIRST_SEED ?? 1)
const SEEDS = Number(process.env.SEEDS ?? 120)

t.test(
  `${SEEDS} random schedules of writes, logouts, loss, partitions, hangs and restarts keep every promise`,
  async t => {
    const total = newCounts()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const schedule = new RandomSchedule(seed)
      await schedule.run()
      if (schedule.violations.length > 0)
        t.fail(
          `seed ${seed}: ${schedule.violations.length} violations\n  ${schedule.violations.slice(0, 5).join('\n  ')}`,
        )
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += schedule.counts[name]
    }
    t.comment(JSON.stringify(total))
    for (const [name, count] of Object.entries(total)) t.ok(count > 0, `${name}: ${count}`)
  },
)

t.test('one seed is one story', async t => {
  const [one, two] = [new RandomSchedule(7), new RandomSchedule(7)]
  await one.run()
  await two.run()
  t.strictSame(one.counts, two.counts)
})
