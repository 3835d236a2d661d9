// What the lints look for in a text, as questions with a short answer: the words that were found, or nothing. English
// only; each is built to stay silent when in doubt, since a lint that cries wolf is switched off for good.
import { tellsOfMotion } from './motion.ts'

const firstMatch = (text: string, patterns: readonly RegExp[]): string | undefined => {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) return found.trim()
  }
  return undefined
}

/** Words of praise: they say nothing that can be seen. */
const praise =
  /\b(beautiful|stunning|gorgeous|breathtaking|amazing|incredible|awesome|epic|majestic|masterpiece|award[- ]winning|perfect|exquisite|magnificent|spectacular|mesmeri[sz]ing|captivating|ultra[- ]?(?:detailed|realistic|sharp|hd)|hyper[- ]?(?:detailed|realistic)|photo[- ]?realistic|highly detailed|best quality|high quality|[48]k|uhd|trending|dramatic|vivid|vibrant|ethereal|dreamy|moody|atmospheric|elegant|luxurious|sleek|sophisticated|glorious|magical|enchanting|surreal|intricate|professional)\b/gi

/** Plain adjectives of sight, counted only where they crowd. */
const plain =
  /\b(big|small|tiny|huge|giant|tall|short|long|wide|narrow|old|young|ancient|modern|new|dark|bright|pale|deep|soft|hard|harsh|warm|cold|cool|hot|wet|dry|rough|smooth|shiny|glossy|matte|dusty|foggy|misty|rainy|sunny|cloudy|golden|silver|red|green|blue|yellow|orange|purple|pink|black|white|gr[ae]y|brown|crimson|turquoise|amber|neon|rustic|wooden|metallic|crystal|delicate|fragile|heavy|light|thin|thick|sharp|blurry|crisp|grainy|clean|dirty|rich|lush|quiet|calm|gentle|serene|mysterious|lonely|empty|crowded|busy|colou?rful|weathered|rugged|graceful|fierce|wild|tender|sad|happy|joyful|melancholic|nostalgic|romantic|futuristic|vintage|retro|minimalist|organic|textured|layered|radiant|luminous|glowing|shimmering|sparkling)\b/gi

/** Adjectives that crowd one text: three of praise, or more than seven in all that make a third of its words. */
export function crowdedAdjectives(text: string): readonly string[] | undefined {
  const praised = text.match(praise) ?? []
  if (praised.length >= 3) return praised
  const all = [...praised, ...(text.match(plain) ?? [])]
  const words = text.match(/\p{L}+/gu)?.length ?? 0
  return all.length >= 8 && all.length * 3 >= words ? all : undefined
}

/** Ways that lead down and are not the ground before one's feet. */
const notGround =
  '(?!\\s+(?:the|a|an|her|his|their|its)?\\s*(?:\\w+\\s)?(?:street|road|lane|alley|hall|hallway|corridor|aisle|lens|barrel|river|valley|track|tracks|path|tunnel|quay|stairs|line|table|platform|coast|hill))'
const looksDownPatterns = [
  new RegExp(
    `\\b(?:looks?|looking|gaz(?:es?|ing)|glanc(?:es?|ing)|star(?:es?|ing)|peer(?:s|ing)?)\\s+(?:\\w+ly\\s+)?(?:back\\s+)?down(?:wards?)?\\b${notGround}`,
    'i',
  ),
  /\b(?:head|eyes|gaze|face|chin)\s+(?:is\s+|are\s+)?(?:\w+ly\s+)?(?:bowed|lowered|downcast|turned down|cast down|down)\b/i,
  /\b(?:bow|lower|drop|hang|duck)(?:s|ing|ped|ping|ed)?\s+(?:her|his|their|its)\s+(?:head|eyes|gaze|face|chin)\b/i,
  /\b(?:look|gaz|star|glanc|peer)(?:s|es|ing|e)?\s+(?:\w+ly\s+)?at\s+(?:her|his|their)\s+(?:own\s+)?(?:hands?|feet|shoes|phone|lap|fingers|notes?|watch|book|keyboard|plate|cup)\b/i,
]
/** A camera may look down as it likes. */
const cameraLooks = /\b(?:camera|drone|lens|shot|view|crane|we)\s+(?:slowly\s+)?(?:looks?|looking|peers?|gazes?)\s+(?:straight\s+)?down/i
export const looksDown = (text: string): string | undefined => (cameraLooks.test(text) ? undefined : firstMatch(text, looksDownPatterns))

const smallTextPatterns = [
  /\b(?:small|tiny|fine|readable|legible|printed|handwritten|written|on-?screen)\s+(?:text|print|type|letters|lettering|words|labels?|captions?|numbers|digits)\b/i,
  /\b(?:text|words|letters|lettering|label|caption|headline|sign|screen|title|banner|poster|plaque|card|page|note|t-?shirt)\s+(?:\w+\s+){0,3}?(?:that\s+)?(?:reads?|reading|saying|says|spells?|spelling)\b/i,
  /\b(?:the|with|of)\s+(?:text|words?|title|headline|caption|slogan|lettering)\s*:?\s*["“'‘]/i,
  /\b(?:subtitles?|captions?|lower[- ]third|watermark|closing credits|end credits)\b/i,
]
export const smallText = (text: string): string | undefined => firstMatch(text, smallTextPatterns)

const portraitPatterns = [
  /\b(?:from\s+)?(?:the\s+)?(?:left|right)\s+to\s+(?:the\s+)?(?:left|right)\b/i,
  /\b(?:far|extreme)\s+(?:left|right)\b/i,
  /\b(?:wide[- ]?screen|panoramas?|panoramic|16\s?[:x]\s?9|landscape (?:format|framing|orientation)|anamorphic|two[- ]shot)\b/i,
  /\bside by side\b/i,
  /\bacross the (?:whole |entire )?(?:frame|screen|width)\b/i,
  /\bon the left\b[^.]*\bon the right\b/i,
]
export const landscapeBlocking = (text: string): string | undefined => firstMatch(text, portraitPatterns)

export const letterboxes = (text: string): string | undefined =>
  firstMatch(text, [/\bcinematic\b/i, /\bletter-?boxed?\b/i, /\bmovie (?:still|scene|trailer)\b/i])

const camera = /\b(?:steady|static|locked(?:[- ](?:off|down))?|tripod|fixed|still|stable|motionless|stationary)\b/i
const head =
  /\bhead\s+(?:\w+\s+){0,2}?(?:level|still|upright|steady)\b|\blevel\s+head\b|\bgaze\s+(?:\w+\s+){0,2}?(?:level|(?:on|at|to|into)\s+(?:the\s+)?(?:camera|lens))\b/i

/** What a shot that speaks to sound forgets to ask for. */
export function lipSyncLacks(text: string): string | undefined {
  const lacks = [...(head.test(text) ? [] : ['a level head']), ...(camera.test(text) ? [] : ['a steady camera'])]
  return lacks.length === 0 ? undefined : lacks.join(' and ')
}

/** Words of somebody speaking or singing, as lip sync needs. */
export const speaks = (text: string): boolean =>
  /\b(?:speak|talk|sing|say|whisper|narrat|present|recit|explain|announc|address|greet|shout|rap)(?:s|es|e|ing|ping)?\b|\blips?\b|\blip[- ]?sync/i.test(
    text,
  )

const movementNouns =
  /\b(?:zooms?|pans?|tilts?|shak(?:e|es|y|ing)|jitter(?:s|y|ing)?|jerk(?:y|s)?|movements?|motions?|spin(?:s|ning)?|rotat\w*|puls(?:e|es|ing)|flicker\w*|morph\w*|warp\w*|drift\w*|cuts?|jump[- ]?cuts?|whip\w*|fast|rapid|sudden|quick|abrupt|swing\w*|sway\w*|wobbl\w*|strob\w*|bounc\w*|blink\w*|turn(?:s|ing)?|handheld|speed[- ]?ramps?|time-?lapse|slow[- ]motion|transitions?|fades?|dissolves?|mov\w+|distort\w*|deform\w*|stutter\w*|freez\w*|loop\w*|camera|breath\w*|sudden\w*|dolly|crash|swoop\w*|roll\w*|twist\w*|walk\w*|run(?:s|ning)?|look(?:s|ing)?)\b/i

/** True when one of the things to avoid is a movement. */
export const avoidsMovement = (items: readonly string[]): boolean =>
  items.some((item) => movementNouns.test(item) || (/ing\b/.test(item) && tellsOfMotion(item)))

const small = new Set(
  'the and with from into over under that this then than they them their there here have has had was were are his her hers its very more most some such only just also again same while when where which whose what slowly quickly gently softly still toward towards through across along around behind before after above below'.split(
    ' ',
  ),
)
const pronoun = /\b(?:he|she|they|it|him|her|them|we|his|its|their|same|continues?|still|again|keeps?|both|everyone|everything|camera)\b/i

/** The words of a text that carry meaning, cut to what their forms have in common. */
function stems(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/\p{L}{4,}/gu) ?? []
  return new Set(words.filter((word) => !small.has(word)).map((word) => word.replace(/(?:ing|ed|es|s)$/, '').slice(0, 7)))
}

/** True when a later link speaks of something that no earlier words prepared: not even a pronoun leads back. */
export function changesSubject(link: string, before: string): boolean {
  if (pronoun.test(link)) return false
  const now = stems(link)
  if (now.size < 3 || /[^\u0000-\u024f\u2000-\u206f]/.test(link)) return false
  const known = stems(before)
  return known.size > 0 && ![...now].some((stem) => known.has(stem))
}

/** Words of a camera that moves: a still subject is then no still photo. */
export const cameraMoves = (text: string): boolean =>
  /\b(?:push|pull|dolly|track|pan|tilt|orbit|crane|zoom|glid|drift|mov|fl(?:y|ies)|circl|arc|rais|ris|descend|lower|float|follow|slid|boom|truck|sweep|rack|travel|creep|hand-?held|parallax|advanc|reveal)\w*/i.test(
    text,
  ) && !/^\s*(?:no|without|never)\b/i.test(text)
