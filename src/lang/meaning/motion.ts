// Does a text speak of movement? English only, by a list of verbs in their usual forms and a few nouns. It is built to
// let a doubtful text pass: an unknown word in -ing counts as movement, and a text in another language is not judged.

/** Verbs of which every form counts (`walk`, `walks`, `walked`, `walking`). */
const verbs = `
accelerate advance aim alight animate appear applaud approach arc arch arise arrive ascend assemble awake awaken
back backflip balance bang bark bathe batter beam beat beckon bend billow bite blast blaze blend blink bloom blossom blow blur board bob boil bolt bounce
bow break breathe breeze brew bring bristle brush bubble buckle build bump burn burst bustle buzz
call cant careen carry cartwheel cascade cast catch change charge chase cheer chew chop chuckle circle clamber clap clash claw clear click climb clink clip
close cluster coil collapse collect collide come congregate converge cook cough crack crackle crane crash crawl creak creep crest cross crouch crowd cruise crumble
crumple crunch crush cry curl curve cut
dab dance dangle dart dash deal decelerate deflate descend detonate dim dip disappear disassemble dissolve dive dodge dolly double drag drain draw drench drift drill drink drip
drive drizzle droop drop drum duck dump
eat ebb edge eject embrace emerge emit empty engulf enter erupt escape evaporate evolve exhale exit expand explode extend
fade fall fan fasten feed fidget fight fill fire fizz fizzle flail flap flare flash flee flex flick flicker flinch fling flip flit float flock flood flop flow flower flurry flutter fly fold
follow foam form freeze frolic frown
gallop gasp gather gesture gesticulate giggle glance glide glimmer glint glisten glitter glow go grab grin grind grip groove grow gush gust
halt hammer hand haul head heave help hike hit hobble hoist hop hover huddle hug hum hurl hurry hurtle
ignite illuminate inch inflate inhale inspect intensify
jab jerk jiggle jog jolt judder juggle jump
kick kindle kiss knead kneel knit knock
land lap lash laugh launch leak lean leap leave lift light limp loop loosen lower lunge lurch
march materialize materialise melt merge mill mingle mix morph mount move mow munch
nod nudge
ooze open orbit oscillate overflow overtake
pace pack paddle paint pan parade part pass pat patter peel peek peer perform pet pick pirouette pitch pivot play plod pluck plummet plunge point poke polish pool pop pounce pound pour
prance preen press proceed propel pull pulsate pulse pump punch pursue push
quake quicken quiver
race rack radiate rain raise ram rattle reach react rear recede recoil reel refill relax release rest-lessly resume retract retreat return reveal reverse revolve ride ring rip ripple rise roar rock
roll rotate row rub rummage run rush rustle
sail salute sand saunter scamper scan scatter scoop scrape scream scroll scrub scurry seep seize sew shake shatter shave shed shift shimmer shine shiver shoot shout shove shower
shrink shrug shudder shuffle shut sidestep sigh sing sink sip sizzle skate skid skim skip slam slap slash slice slide slip slither slosh slow slump slurp smash smile smoke smoulder smolder snake snap snarl sneak
sneeze sniff snow snowboard soar soak solidify sparkle spatter speak speed spew spill spin spiral splash splatter splinter split spout sprawl spray spread spring sprinkle sprint sprout spurt squat squeeze squint squirm stagger
stalk stamp start step steer stir stitch stomp stoop stop stream stretch stride strike stroke stroll struggle strut stumble stutter submerge suck sunbathe surf surface surge surround swarm sway sweep swell swerve swim swing swipe
swirl swivel swoop swoosh
talk tap taxi tear tease telescope thaw throb throw thrust thud thump thunder tick tilt tiptoe toast toss totter touch tour tow trace track trail tramp transform travel traverse tread tremble trickle trigger trip trot trudge truck tumble tunnel turn twinkle twirl twist
twitch type
undulate unfold unfurl unlock unroll unscrew untie unveil unwind unwrap unzip uncork uncover
vanish vault veer vibrate
waddle wade wag waggle wait-impatiently wake walk wander warp wash watch-turn wave waver weave weep wheel whip whirl whisk whisper whistle whittle wiggle wind wink wipe withdraw wobble work wrap wrestle write writhe
yawn yell zigzag zip zoom
`
  .split(/\s+/)
  .filter((verb) => verb !== '' && !verb.includes('-'))

/** Past forms that are not made with -ed, and nouns and adverbs that tell of movement by themselves. */
const others = `
ate blew broke came caught clung crept drew drank drove fell fled flew flung froze gave gone went grew hit hung leapt left lit ran rang rode rose sang sank shone shook shrank slid spoke spoken spun sprang
strode struck stuck swam swept swung threw took tore wept woke wove wrote flown driven thrown blown broken fallen risen shaken torn
timelapse time-lapse hyperlapse parallax slow-motion motion movement handheld crosswind backlit-flicker
gives takes puts sets lays begins starts
`
  .split(/\s+/)
  .filter((word) => word !== '')

/** -ing words that are no movement: things, times of the day, and verbs of standing still. */
const stillIng = new Set(
  `building morning evening ceiling clothing lighting painting string king wing thing something nothing everything anything being standing sitting wearing holding lying leaning
resting hanging looking facing seeming having containing showing featuring depicting overlooking living dining wedding earring awning railing paneling panelling landing rigging bearing
setting during including missing interesting amazing stunning striking breathtaking outstanding charming appealing inviting matching remaining existing according sterling sibling ending
opening duckling dumpling pudding stocking stockings tattooing framing branding staring posing siding flooring roofing bedding parking meaning feeling
crossing swimming-pool shopping boring loving lasting pressing remaining sleeping viewing background-blurring surrounding reclining keeping staying belonging concerning`.split(
    /\s+/,
  ),
)

/** Nouns that look like a form of a listed verb (`waves on a poster` is meant; `a row of houses` is not). */
const nouns = new Set(
  `back board bow clip crowd crowds stand stands edge light form head hand rear row rock fan wheel wave spring surface track trail part pass fire drum ring beam arch pitch pool pop pack truck paint cast cut ram crane sand sail stream
step steps stairs lights rocks hands heads rows parts backs fans tracks trails rings boards edges arches springs clips forms beams pools cuts drums wheels sails trucks surfaces rain smoke snow water work works light lit left set sets
clear close open slow still double short broken torn worn fallen frozen play plays painted closed folded lighted lit packed pressed polished built cracked crumpled crowded rippled curved arched lined coiled carved wrapped broke
wind winds touch touches trace traces bar bars tick ticks call calls order mount mounts mounted land help helps feed charge deal dim pat pan pans pet pets hum lap laps swell pump pumps glow shower showers bite bites brush brushes
catch drink drinks drill drills dump fold folds hammer hammers knit lash lashes limp lean mix bang bangs toast tap taps tour tours tow trip trips tunnel tunnels vault warp wash whip whisk work zip bolt bolts blur blurred bloom brew bubble bubbles
crest crack cracks curl curls curve curves draw dress drop drops dust flash flock flood flower flowers foam freeze grip groove gust jump lift lifts loop loops match needle pool point points press pulse punch reel roll rolls rose rush scan scoop
shed sheds shift shine skate skates slice slices slide slides slip split splash spray sprout sprouts squat stamp stamps start stitch stop stops stretch stroke strokes swing swings switch tear tears twist trickle whistle wrap wipe`.split(
    /\s+/,
  ),
)

const forms = new Map<string, true>()
for (const verb of verbs) for (const form of formsOf(verb)) forms.set(form, true)
for (const word of others) forms.set(word, true)

function formsOf(verb: string): readonly string[] {
  const drop = verb.endsWith('e') && !/[eoy]e$/.test(verb) ? verb.slice(0, -1) : verb
  const y = /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}i` : undefined
  const doubled = /^[^aeiou]*[aeiou][bdgklmnprt]$/.test(verb) || /[^aeiou][aeiou][dgmnpt]$/.test(verb) ? verb + verb.slice(-1) : undefined
  const s = y !== undefined ? `${y}es` : /(s|x|z|ch|sh|o)$/.test(verb) ? `${verb}es` : `${verb}s`
  const ed = y !== undefined ? `${y}ed` : verb.endsWith('e') ? `${verb}d` : `${verb}ed`
  return [verb, s, ed, `${drop}ing`, ...(doubled === undefined ? [] : [`${doubled}ing`, `${doubled}ed`])]
}

/** Before a doubtful word: what makes a verb of it. */
const actor = /^(he|she|it|they|we|who|that|which|and|then|slowly|suddenly|sun|moon|\p{Ll}+ly)$/u
/** Before any plain form: what makes a noun of it (`a walk`, `the drift`). */
const article = /^(a|an|the|his|its|their|this|my|your|our|of|with|no|one|two|three|by|at)$/
/** After a doubtful word: what makes a verb of it (`rocks the boat`, `steps down`). */
const follower = /^(the|a|an|his|her|its|their|down|up|behind|into|through|across|past|off|out|onto|toward|towards|away|back|around)$/

/** Verbs of rest that a small word sets going: `stands up`, `looks around`. */
const risen = /\b(?:stand|sit|lie|lay|look|get|put|keep)(?:s|ing)?\s+(?:\w+\s+)?(?:up|down|around|back|away|aside|over|out)\b/i

/** True when something in the text moves, or when the text cannot be judged. */
export function tellsOfMotion(text: string): boolean {
  if (foreign(text) || risen.test(text)) return true
  const words = text.toLowerCase().match(/[\p{L}\p{M}'’-]+|[,.;:!?]/gu) ?? []
  return words.some((_, at) => isMovement(words, at))
}

function isMovement(words: readonly string[], at: number): boolean {
  const [word = '', before = '', after = ''] = [words[at], words[at - 1], words[at + 1]]
  if (stillIng.has(word)) return false
  if (/^\p{Ll}{2,}ing$/u.test(word)) return true
  if (!forms.has(word)) return false
  if (nouns.has(word)) {
    if (actor.test(before)) return true
    if (article.test(before) || !/\p{L}/u.test(before)) return false
    // `rocks the boat`; or a clause that ends in it: `the lamp swings`.
    return follower.test(after) || (article.test(words[at - 2] ?? '') && !/\p{L}/u.test(after))
  }
  return !article.test(before) || others.includes(word)
}

/** More than a fifth of the letters are not Latin, or none of the commonest English words stands in six or more words. */
function foreign(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  const latin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length
  if (letters.length === 0 || latin < letters.length * 0.8) return true
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const english =
    /^(the|a|an|of|in|on|at|with|and|to|from|into|by|over|under|his|her|its|their|is|are|as|along|through|across|behind|up|down)$/
  return words.length >= 6 && !words.some((word) => english.test(word))
}
