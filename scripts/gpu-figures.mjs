// Figures of own GPUs as a page: what `tests.figures` has measured in, Markdown out. The page of none yet is made here too.
const gigabytes = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`)

const head = `# What own GPUs take

Written by \`npm run test:gpu\` on a machine that has one; [gpu-figures.json](gpu-figures.json) has the same with all phases. Seconds are those of
the fastest run, after one that warms up and with the model resident; sampling and decoding are parts of them. Peaks are the device's, as torch
counts them; beside them stands what the worker's formula says (fitted to the H200's), with a GB for the driver.
`

const none = `
**Nothing was measured on a GPU yet**, neither with a real model nor with the tiny one of the tests. What is known of the worker's own cost was
measured on a processor with the tiny model, and stands in the benchmarks: \`npm run bench -- worker\`.
`

const kindOf = ({ tiny, random }) => (tiny ? 2 : random ? 1 : 0)
const titles = ['', ', real size, random weights', ', the tiny model of the tests']

const seconds = (phases, names) => names.reduce((sum, name) => sum + (phases?.[name] ?? 0), 0).toFixed(2)

// The estimate is a formula's; a GB of it is for the driver's own context, which the peak does not count.
const row = ({ name, stages, width, height, frames, seconds: wall, perSecondOfVideo, phases, peakBytes, estimate, error }) => {
  const head = `| ${name} | ${stages} |`
  const expected = estimate === undefined ? '' : gigabytes(estimate.need)
  if (error !== undefined) return `${head} | | ${error.replaceAll('|', '/')} | | | | | ${expected} |`
  const sampling = seconds(phases, ['denoise', 'upsample', 'refine'])
  const times = `${wall.toFixed(2)} | ${sampling} | ${seconds(phases, ['decode'])} | ${perSecondOfVideo.toFixed(2)}`
  return `${head} ${width}x${height} | ${frames} | ${times} | ${gigabytes(peakBytes)} | ${expected} |`
}

const aboutModel = (one) =>
  [
    `Weights \`${one.model.weights.slice(0, 12)}\`, ${gigabytes(one.model.bytes)}, ${one.model.sampling}.`,
    `${gigabytes(one.model.bytes)} of random weights in the published shapes, ${one.model.sampling}: time and memory are those of the real model,
pictures are noise. Noise is slow to write as a film, which is most of what sampling and decoding leave of the seconds; a real clip takes less.`,
    'This shows what the machinery costs, and nothing of the real model.',
  ][kindOf(one)]

const section = (one) => `
## ${one.device.name}${titles[kindOf(one)]}

${one.on}; ${gigabytes(one.device.memory)} of memory; torch ${one.versions.torch}, diffusers ${one.versions.diffusers}, transformers ${one.versions.transformers}.
${aboutModel(one)}
The worker answered after ${one.startSeconds.toFixed(1)} s, the model was loaded in ${one.loadSeconds.toFixed(1)} s and took ${gigabytes(one.residentBytes)};
the first clip took ${one.firstSeconds.toFixed(1)} s, with the text encoder's loading and all weights' way to the device.

| operation | stages | size | frames | seconds | sampling | decoding | for a second of video | peak | estimated |
|---|---|---|---|---|---|---|---|---|---|
${one.operations.map(row).join('\n')}
`

/** Real models first, then their likes of random weights, then the tiny one, each by device. */
export function figuresText(measured) {
  if (measured.length === 0) return head + none
  const real = measured.some((one) => kindOf(one) === 0)
  const lack = real ? '' : '\n**Nothing was measured with real weights yet.**\n'
  return (
    head +
    lack +
    [...measured]
      .sort((a, b) => kindOf(a) - kindOf(b))
      .map(section)
      .join('')
  )
}

const nameOf = (one) => JSON.stringify([one.device.name, kindOf(one), kindOf(one) === 2 ? '' : one.model.weights])
const rowName = ({ name, stages, width, height, frames }) => JSON.stringify([name, stages, width, height, frames])

/** What other devices and models took stays. Of the same, rows that were not measured again stay where the versions are the same. */
export function mergedFigures(before, measured) {
  const all = [...before]
  for (const one of measured) {
    const at = all.findIndex((other) => nameOf(other) === nameOf(one))
    if (at < 0) {
      all.push(one)
      continue
    }
    const old = JSON.stringify(all[at].versions) === JSON.stringify(one.versions) ? all[at].operations : []
    const again = new Set(one.operations.map(rowName))
    all[at] = { ...one, operations: [...old.filter((row) => !again.has(rowName(row))), ...one.operations] }
  }
  return all
}
