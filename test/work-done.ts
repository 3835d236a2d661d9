// How much work a thing takes, not how long: processor time of this process, the least of a few turns, so that a busy
// machine does not count. For promises of the kind "in no time" and "twice the text, twice the work".

/** Milliseconds of processor time, the least of `turns`. */
export function workOf(work: () => unknown, turns = 3): number {
  const spent = Array.from({ length: turns }, () => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...spent)
}
