// Figures of own GPUs as a page: what `tests.figures` has measured in, Markdown out. The page of none yet is made here too.
const gigabytes = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`)

const head = `# What own GPUs take

Written by \`npm run test:gpu\` on a machine that has one; [gpu-figures.json](gpu-figures.json) has the same with all phases. Seconds are those of
the fastest of several runs after one that warms up, with the model resident; peaks are the device's, as torch counts them.
`

const none = `
**Nothing was measured on a GPU yet**, neither with a real model nor with the tiny one of the tests. What is known of the worker's own cost was
measured on a processor with the tiny model, and stands in the benchmarks: \`npm run bench -- worker\`.
`

const row = ({ name, stages, width, height, frames, seconds, perSecondOfVideo, peakBytes, error }) =>
  error === undefined
    ? `| ${name} | ${stages} | ${width}x${height} | ${frames} | ${seconds.toFixed(2)} | ${perSecondOfVideo.toFixed(2)} | ${gigabytes(peakBytes)} |`
    : `| ${name} | ${stages} | | | ${error.replaceAll('|', '/')} | | |`

const section = ({ device, tiny, on, versions, model, startSeconds, loadSeconds, residentBytes, operations }) => `
## ${device.name}${tiny ? ', the tiny model of the tests' : ''}

${on}; ${gigabytes(device.memory)} of memory; torch ${versions.torch}, diffusers ${versions.diffusers}, transformers ${versions.transformers}.
${tiny ? 'This shows what the machinery costs, and nothing of the real model.' : `Weights \`${model.weights.slice(0, 12)}\`, ${gigabytes(model.bytes)}, ${model.sampling}.`}
The worker answered after ${startSeconds.toFixed(1)} s, the model was loaded in ${loadSeconds.toFixed(1)} s and took ${gigabytes(residentBytes)}.

| operation | stages | size | frames | seconds | for a second of video | peak |
|---|---|---|---|---|---|---|
${operations.map(row).join('\n')}
`

/** Real models first, then the tiny one, each by device. */
export function figuresText(measured) {
  if (measured.length === 0) return head + none
  const real = measured.some(({ tiny }) => !tiny)
  const lack = real ? '' : '\n**Nothing was measured with a real model yet.**\n'
  return (
    head +
    lack +
    [...measured]
      .sort((a, b) => Number(a.tiny) - Number(b.tiny))
      .map(section)
      .join('')
  )
}
