// The scripts that are measured, made to size.

const verbs = [
  'walks along the quay',
  'turns and looks up',
  'runs across the wet stones',
  'pulls the rope in',
  'opens the heavy door',
  'waves to the boat',
]

const head = (size: string): string => `ltx 1

project "Bench" {
  size     ${size}
  fps      24
  seed     7
  quality  pro
  on       animatic
}

cast mara "a woman in her thirties, cropped silver hair, navy peacoat"
`

const shot = (index: number, seconds: string): string => `  shot s${index} ${seconds} {
    "{mara} ${verbs[index % verbs.length]}, number ${index}"
    camera "slow push in"
    sound  "wind and water"
  }
`

/** One line a shot, so that ten thousand stay below the limit of a file. */
const shortShot = (index: number, seconds: string): string =>
  `  shot s${index} ${seconds} { "{mara} ${verbs[index % verbs.length]}, ${index}" }\n`

/** A film of so many shots, 20 a scene. */
export function filmOf(shots: number, options: { readonly seconds?: string; readonly size?: string; readonly short?: true } = {}): string {
  const out = [head(options.size ?? '1920x1080')]
  for (let first = 0; first < shots; first += 20) {
    const inScene = Array.from({ length: Math.min(20, shots - first) }, (_, index) =>
      (options.short === true ? shortShot : shot)(first + index, options.seconds ?? '6s'),
    )
    out.push(`\nscene part${first / 20} "a foggy harbor at dawn" {\n${inScene.join('\n')}}\n`)
  }
  return out.join('')
}

/** A film of about so many lines. */
export const linesOf = (lines: number): string => filmOf(Math.max(1, Math.round((lines - 14) / 6.2)))
