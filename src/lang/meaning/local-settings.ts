// What a `provider`'s block says of an own machine: devices, model files, how the model is run. In go the settings as they were
// read, out come plain values; what is not written is left out.
import type { ProviderUse } from '../program.ts'
import { dtypes, offloads, samplings } from '../schema-local.ts'
import { argument, argumentsOf, readInt, readNumber, readText, readTexts, readWord } from './argument.ts'
import type { Settings } from './settings.ts'

export function localSettings(settings: Settings): ProviderUse['settings'] {
  const of = (word: string, name: string) => {
    const placed = settings.one(word)
    return placed === undefined ? undefined : argument(placed, name)
  }
  const device = settings.one('device')
  const devices = device === undefined ? [] : argumentsOf(device, 'device').flatMap(readTexts)
  const values: Readonly<Record<string, string | number | readonly string[] | undefined>> = {
    device: devices.length > 1 ? devices.map(({ text }) => text) : devices[0]?.text,
    upsampler: readText(of('upsampler', 'folder'))?.text,
    refiner: readText(of('refiner', 'file'))?.text,
    sampling: readWord(of('sampling', 'way'), samplings),
    steps: readInt(of('steps', 'count'), 1, 200),
    guidance: readNumber(of('guidance', 'scale'), 1, 20),
    offload: readWord(of('offload', 'way'), offloads),
    dtype: readWord(of('dtype', 'type'), dtypes),
    python: readText(of('python', 'path'))?.text,
  }
  const said: Record<string, string | number | readonly string[]> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) said[name] = value
  return said
}
