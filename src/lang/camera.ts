// Movements of the camera for which hosts have a word of their own. In go the camera notes of a shot, out comes the one
// movement they certainly mean, or none: the notes stand in the prompt in either case.

export type CameraMotion = 'dolly_in' | 'dolly_out' | 'dolly_left' | 'dolly_right' | 'jib_up' | 'jib_down' | 'static' | 'focus_shift'

const dolly = '(?:dolly|dollies|dollying|truck|trucks|trucking|track|tracks|tracking|slide|slides|sliding)'
const crane = '(?:jib|jibs|jibbing|crane|cranes|craning|boom|booms|booming|pedestal|pedestals)'
const push = '(?:push|pushes|pushing|dolly|dollies|dollying)'
const pull = '(?:pull|pulls|pulling|dolly|dollies|dollying)'
const manner =
  '(?:very |extremely )?(?:slow|slowly|gentle|gently|smooth|smoothly|steady|steadily|even|evenly|subtle|gradual|gradually|quick|quickly|fast)'
/** What may stand around the words that decide: an article, the camera, a manner, `shot`. */
const before = `(?:(?:an?|the) )?(?:camera )?(?:(?:${manner},? )+)?`
const after = `(?:[ -]?(?:shot|move|movement))?(?: ${manner})*`
/** What it moves towards or along, as long as nothing else is said to happen. */
const target = '(?:,? (?:parallel|on|onto|to|toward|towards|at|into|from|along|past|of)\\b[^,;.]*)?'

const stillness = '(?:static|still|fixed|stationary|motionless|locked[- ]?(?:off|down)|tripod)'
const forms: readonly (readonly [CameraMotion, string])[] = [
  [
    'static',
    `(?:(?:an?|the) )?(?:camera )?(?:is |stays |remains |holds |perfectly |completely |entirely )*(?:${stillness})(?:[ -](?:camera|shot|frame|tripod|on a tripod))*`,
  ],
  ['dolly_in', `${before}${push}[- ]?(?:forward|in)${after}${target}`],
  ['dolly_out', `${before}${pull}[- ]?(?:back|out|away|backward|backwards)${after}${target}`],
  ['dolly_left', `${before}${dolly}(?: ${manner})?[- ](?:to the )?left${after}${target}`],
  ['dolly_right', `${before}${dolly}(?: ${manner})?[- ](?:to the )?right${after}${target}`],
  ['jib_up', `${before}${crane}[- ]up(?:ward|wards)?${after}${target}`],
  ['jib_down', `${before}${crane}[- ]down(?:ward|wards)?${after}${target}`],
  [
    'focus_shift',
    `${before}(?:(?:rack|racks|racking|shift|shifts|pull|pulls)[- ]focus|focus[- ](?:shift|pull|rack)|rack[- ]focus)${after}${target}`,
  ],
]
const patterns = forms.map(([motion, form]) => [motion, new RegExp(`^${form}$`, 'i')] as const)
/** `slowly and evenly` is one manner. */
const twoManners = new RegExp(`\\b${manner} and (${manner})\\b`, 'gi')
/** Words that bring in a second movement or a change. */
const more = /\b(?:then|and|while|before|after|as|until|but|zoom|pan|tilt|orbit|arc|handheld|circl\w+)\b/i

function motionIn(note: string): CameraMotion | undefined {
  const text = note
    .slice(0, 300)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.!]+$/, '')
    .replace(twoManners, '$1')
  if (text.length > 120 || more.test(text)) return undefined
  return patterns.find(([, pattern]) => pattern.test(text))?.[0]
}

/** The one movement that all notes mean. */
export function cameraMotion(notes: readonly string[]): CameraMotion | undefined {
  const [first, ...others] = notes.map(motionIn)
  return first !== undefined && others.every((other) => other === first) ? first : undefined
}
