// The workers of a run: one process a device, started when it is first needed, kept for the jobs that follow, and let go at the end. In
// go the devices that a job may run on, out comes one of them for that job alone; the one that has the job's model resident first.
import type { Worker } from './worker.ts'

export type Lent = {
  readonly device: string
  /** Starts one where there is none. Rejects with the failure that stands in its way. */
  worker(): Promise<Worker>
  /** What the device has resident, as it was told last. */
  readonly resident: string | undefined
  keep(resident: string): void
  /** Ends the worker; the next one is new. */
  restart(): Promise<void>
  giveBack(): void
}

export type Pool = {
  /** Waits for one that is free. Rejects with the signal's reason. */
  take(devices: readonly string[], wants: string, signal: AbortSignal): Promise<Lent>
  close(): Promise<void>
}

type Slot = { readonly device: string; worker: Promise<Worker> | undefined; resident: string | undefined; taken: boolean }
type Waiter = { readonly devices: readonly string[]; readonly wants: string; readonly give: (slot: Slot) => void }

/** Two providers of a script that name the same device share its worker. */
export function openPool(start: (device: string) => Promise<Worker>): Pool {
  const slots = new Map<string, Slot>()
  const waiting: Waiter[] = []
  const slotOf = (device: string): Slot => {
    const slot = slots.get(device) ?? { device, worker: undefined, resident: undefined, taken: false }
    slots.set(device, slot)
    return slot
  }
  const freeOf = (devices: readonly string[], wants: string): Slot | undefined => {
    const free = devices.map(slotOf).filter((slot) => !slot.taken)
    return free.find((slot) => slot.resident === wants) ?? free.find((slot) => slot.resident === undefined) ?? free[0]
  }
  const serve = (): void => {
    for (const waiter of [...waiting]) {
      const slot = freeOf(waiter.devices, waiter.wants)
      if (slot === undefined) continue
      waiting.splice(waiting.indexOf(waiter), 1)
      slot.taken = true
      waiter.give(slot)
    }
  }
  const drop = async (slot: Slot, how: 'kill' | 'close'): Promise<void> => {
    const worker = await slot.worker?.catch(() => undefined)
    slot.worker = undefined
    slot.resident = undefined
    await worker?.[how]()
  }
  const lend = (slot: Slot): Lent => ({
    device: slot.device,
    get resident() {
      return slot.resident
    },
    async worker() {
      const there = await slot.worker
      if (there?.isAlive() === true) return there
      slot.resident = undefined
      const fresh = start(slot.device)
      slot.worker = fresh
      // One that cannot be started is not remembered.
      fresh.catch(() => {
        if (slot.worker === fresh) slot.worker = undefined
      })
      return fresh
    },
    keep(resident) {
      slot.resident = resident
    },
    restart: () => drop(slot, 'kill'),
    giveBack() {
      slot.taken = false
      serve()
    },
  })
  return {
    take(devices, wants, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const stop = (): void => {
          const at = waiting.indexOf(waiter)
          if (at < 0) return
          waiting.splice(at, 1)
          reject(signal.reason)
        }
        const waiter: Waiter = {
          devices,
          wants,
          give(slot) {
            signal.removeEventListener('abort', stop)
            resolve(lend(slot))
          },
        }
        signal.addEventListener('abort', stop, { once: true })
        waiting.push(waiter)
        serve()
      })
    },
    async close() {
      await Promise.all([...slots.values()].map((slot) => drop(slot, 'close')))
    },
  }
}
